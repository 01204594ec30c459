import API
import Dispatch
import Foundation
import Glibc

/// A TCP connection that sends whatever it is told, for clients that don't keep to HTTP.
final class RawConnection: Sendable {
  private let descriptor: Int32
  private let queue = DispatchQueue(label: "raw-connection")

  /// - Parameter receiveBuffer: bytes that the kernel keeps for a reader who doesn't read.
  init(port: Int, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    name.sin_addr.s_addr = inet_addr("127.0.0.1")
    let failed = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
      }
    }
    if failed { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  func send(_ text: String) async { await send(Array(text.utf8)) }

  /// Sends as much as the peer takes.
  func send(_ bytes: [UInt8]) async {
    await onQueue {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return }
        sent += count
      }
    }
  }

  /// Everything until the peer closes (or is silent for 20 s).
  func readToEnd() async -> Data { await read { _ in false } }

  /// Everything until `isEnough`.
  func read(until isEnough: @escaping @Sendable (Data) -> Bool) async -> Data {
    await onQueue {
      var data = Data()
      var buffer = [UInt8](repeating: 0, count: 65536)
      while !isEnough(data) {
        let count = recv(self.descriptor, &buffer, buffer.count, 0)
        if count <= 0 { break }
        data.append(contentsOf: buffer[..<count])
      }
      return data
    }
  }

  private func onQueue<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: work()) }
    }
  }
}

/// An HTTP answer taken apart.
struct RawAnswer {
  var status: Int
  var headers: [String: String] = [:]
  var body: Data

  struct NoAnswer: Error {
    var received: String
  }

  init(_ data: Data) throws {
    guard let end = data.range(of: Data("\r\n\r\n".utf8)) else {
      throw NoAnswer(received: String(decoding: data, as: UTF8.self))
    }
    let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let parts = lines[0].split(separator: " ")
    guard parts.count >= 2, let status = Int(parts[1]) else { throw NoAnswer(received: lines[0]) }
    self.status = status
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      headers[pair[0].lowercased()] = pair.count > 1 ? pair[1].trimmingCharacters(in: .whitespaces) : ""
    }
    body = Data(data[end.upperBound...])
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  func problem() throws -> ProblemDocument { try JSONDecoder().decode(ProblemDocument.self, from: body) }
}
