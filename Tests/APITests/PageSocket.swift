import Foundation
import Glibc
import Locking

@testable import API

/// A browser's WebSocket by hand (RFC 6455): what a page sends, and what it gets.
final class PageSocket: Sendable {
  enum Frame: Hashable {
    case text(String)
    case close(UInt16, String)
    /// The connection broke without a farewell.
    case gone
  }

  private let connection: RawConnection
  private let rest = Lock(Data())

  /// - Returns: nil with the answer where the upgrade is refused.
  static func open(
    _ floor: Floor, _ path: String, headers: [String: String]
  ) async throws -> (socket: PageSocket?, answer: RawAnswer) {
    let connection = try RawConnection(port: floor.server.address.port)
    var lines = [
      "GET \(path) HTTP/1.1", "Host: earshot.example", "Upgrade: websocket", "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]
    lines += headers.map { "\($0.key): \($0.value)" }
    await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    let data = await connection.read { $0.range(of: Data("\r\n\r\n".utf8)) != nil }
    let answer = try RawAnswer(data)
    if answer.status == 101 { return (PageSocket(connection, answer.body), answer) }
    return (nil, try RawAnswer(data + (await connection.readToEnd())))
  }

  private init(_ connection: RawConnection, _ rest: Data) {
    self.connection = connection
    self.rest.withLock { $0 = rest }
  }

  func send(_ text: String) async { await send(Array(text.utf8), opcode: 1) }

  func send(_ payload: [UInt8], opcode: UInt8) async {
    var frame: [UInt8] = [0x80 | opcode]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    // A mask of zeros masks nothing and is valid.
    await connection.send(frame + [0, 0, 0, 0] + payload)
  }

  /// The next frame that isn't a ping.
  func next() async -> Frame {
    while true {
      let known = rest.withLock { $0 }
      if let (frame, size) = Self.frame(in: known) {
        rest.withLock { $0 = Data(known.dropFirst(size)) }
        if let frame { return frame }
        continue
      }
      let more = await connection.read { !$0.isEmpty }
      if more.isEmpty { return .gone }
      rest.withLock { $0.append(more) }
    }
  }

  /// The next message of a phone, decoded.
  func message() async throws -> PhoneMessage {
    guard case .text(let text) = await next() else { throw CocoaError(.fileReadUnknown) }
    return try JSONDecoder().decode(PhoneMessage.self, from: Data(text.utf8))
  }

  /// The next message of this kind; others are skipped.
  func message(_ kind: PhoneMessage.Kind) async throws -> PhoneMessage {
    while true {
      let message = try await message()
      if message.type == kind { return message }
    }
  }

  /// The next close; what comes before is skipped.
  func closed() async -> Frame {
    while true {
      let frame = await next()
      if case .text = frame { continue }
      return frame
    }
  }

  private static func frame(in data: Data) -> (Frame?, Int)? {
    let bytes = [UInt8](data)
    guard bytes.count >= 2 else { return nil }
    var length = Int(bytes[1] & 0x7F)
    var start = 2
    if length == 126 {
      guard bytes.count >= 4 else { return nil }
      (length, start) = (Int(bytes[2]) << 8 | Int(bytes[3]), 4)
    } else if length == 127 {
      guard bytes.count >= 10 else { return nil }
      (length, start) = (bytes[2..<10].reduce(0) { $0 << 8 | Int($1) }, 10)
    }
    guard bytes.count >= start + length else { return nil }
    let payload = bytes[start..<start + length]
    switch bytes[0] & 0x0F {
    case 1: return (.text(String(decoding: payload, as: UTF8.self)), start + length)
    case 8:
      let code = payload.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
      return (.close(code, String(decoding: payload.dropFirst(2), as: UTF8.self)), start + length)
    default: return (nil, start + length)
    }
  }
}
