import Foundation
import Glibc
import Testing

@testable import Signalling

/// A UDP socket that says whatever a test wants, right or wrong. Waits at most five seconds for an answer.
final class RawPeer: Sendable {
  private let descriptor: Int32
  private let target: UInt16
  let port: UInt16
  private let address: String

  init(address: String = "127.0.0.1", target: UInt16) throws {
    self.target = target
    self.address = address
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    self.descriptor = descriptor
    try #require(descriptor >= 0)
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var own = Self.address(address, 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16? in
        guard bind(descriptor, generic, size) == 0, getsockname(descriptor, generic, &size) == 0 else {
          return nil
        }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    self.port = try #require(port)
  }

  deinit { Glibc.close(descriptor) }

  private static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return address
  }

  func send(_ message: String) { send(Array(message.utf8)) }

  func send(_ bytes: [UInt8]) { send(bytes, to: target) }

  private func send(_ bytes: [UInt8], to port: UInt16) {
    var address = Self.address("127.0.0.1", port)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = sendto(descriptor, bytes, bytes.count, 0, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// The next message that begins so; nil if none comes.
  func receive(_ beginning: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      let message = String(decoding: buffer[..<count], as: UTF8.self)
      if message.hasPrefix(beginning) { return message }
    }
  }

  /// A request as this peer would write it.
  func request(
    _ method: String, uri: String = "sip:1001@127.0.0.1", from user: String = "4930123", call: String = "1",
    sequence: Int = 1, toTag: String? = nil, headers: [String] = [], body: String = ""
  ) -> String {
    let kind = body.isEmpty ? [] : ["Content-Type: application/sdp"]
    let lines =
      [
        "\(method) \(uri) SIP/2.0",
        "Via: SIP/2.0/UDP \(address):\(port);branch=z9hG4bK\(call)-\(sequence)-\(method);rport",
        "From: <sip:\(user)@127.0.0.1>;tag=from\(call)",
        "To: <\(uri)>" + (toTag.map { ";tag=\($0)" } ?? ""),
        "Call-ID: \(call)@raw", "CSeq: \(sequence) \(method)", "Contact: <sip:\(user)@\(address):\(port)>",
      ] + headers + kind + ["Content-Length: \(body.utf8.count)"]
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  /// Answers a request that this peer has got.
  /// - Parameter port: to send to; nil for the target.
  func answer(
    _ request: String, _ status: String, tag: String = "raw", headers: [String] = [], body: String = "",
    to port: UInt16? = nil
  ) {
    let kept = request.split(separator: "\r\n").filter { line in
      ["Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"].contains { line.hasPrefix($0) }
    }
    let to = Self.header("To", of: request) ?? ""
    let kind = body.isEmpty ? [] : ["Content-Type: application/sdp"]
    let lines =
      ["SIP/2.0 \(status)"] + kept.map(String.init)
      + [
        "To: \(to)" + (to.contains("tag=") ? "" : ";tag=\(tag)"),
        "Contact: <sip:raw@\(address):\(self.port)>", "Content-Length: \(body.utf8.count)",
      ] + kind + headers
    send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8), to: port ?? target)
  }

  /// The tag of the To header.
  static func tag(of message: String) -> String? {
    header("To", of: message)?.split(separator: "tag=").last.map(String.init)
  }

  static func body(of message: String) -> String? {
    message.range(of: "\r\n\r\n").map { String(message[$0.upperBound...]) }
  }

  /// The Authorization header that answers a 401 (RFC 7616).
  func credentials(
    for challenge: String, of user: SIPCredentials, method: String, uri: String
  ) throws -> String {
    let nonce = try #require(challenge.split(separator: "nonce=\"").last?.split(separator: "\"").first)
    let secret = DigestHash.md5.hex("\(user.user):earshot:\(user.password)")
    let act = DigestHash.md5.hex("\(method):\(uri)")
    let response = DigestHash.md5.hex("\(secret):\(nonce):00000001:abc:auth:\(act)")
    return "Authorization: Digest username=\"\(user.user)\", realm=\"earshot\", nonce=\"\(nonce)\", "
      + "uri=\"\(uri)\", response=\"\(response)\", qop=auth, nc=00000001, cnonce=\"abc\", algorithm=MD5"
  }

  /// The value of a header in a message.
  static func header(_ name: String, of message: String) -> String? {
    message.split(separator: "\r\n").first { $0.hasPrefix(name + ":") }.map {
      $0.dropFirst(name.count + 1).drop { $0 == " " }
    }.map(String.init)
  }
}
