import Foundation
import Glibc

/// A UDP socket of a stranger who says single SIP requests and listens for what comes back.
package final class SIPProbe: Sendable {
  private let descriptor: Int32
  private let target: sockaddr_in
  /// `host:port` of its own.
  package let own: String
  private let name = UUID().uuidString.prefix(8)

  /// - Parameter address: its own.
  package init(_ address: String, target: String, port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.target = Self.address(target, port)
    var local = Self.address(address, SIPp.freePort(address))
    own = "\(address):\(UInt16(bigEndian: local.sin_port))"
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafePointer(to: &local) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
    }
    guard isBound else { throw BrowserDriver.Failure(description: "no socket at \(own)") }
  }

  deinit { close(descriptor) }

  private static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return address
  }

  /// Sends a request whose answers bear the mark, in their Call-ID.
  package func send(
    _ method: String, mark: String, user: String = "", host: String = "edge.example", tag: String? = nil,
    agent: String = "probe", headers: [String] = []
  ) {
    let uri = user.isEmpty ? "sip:\(host)" : "sip:\(user)@\(host)"
    let lines =
      [
        "\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP \(own);branch=z9hG4bK\(name)\(mark)\(method);rport",
        "From: <sip:stranger@edge.example>;tag=\(name)", "To: <\(uri)>\(tag.map { ";tag=\($0)" } ?? "")",
        "Call-ID: \(mark)@\(name)",
        "CSeq: 1 \(method)", "Contact: <sip:stranger@\(own)>", "Max-Forwards: 70", "User-Agent: \(agent)",
      ] + headers + ["Content-Length: 0", "", ""]
    let bytes = Array(lines.joined(separator: "\r\n").utf8)
    var target = target
    withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = sendto(descriptor, bytes, bytes.count, 0, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// The next message; nil if none comes in so many ms.
  package func receive(within patience: Int) -> String? {
    var time = timeval(tv_sec: patience / 1_000, tv_usec: patience % 1_000 * 1_000)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// Sends a request, and gives its final answer.
  package func ask(
    _ method: String, user: String = "", host: String = "edge.example", tag: String? = nil,
    headers: [String] = [], patience: Int = 10_000
  ) -> String? {
    let mark = UUID().uuidString
    send(method, mark: mark, user: user, host: host, tag: tag, headers: headers)
    while let answer = receive(within: patience) {
      if answer.contains(mark), !answer.hasPrefix("SIP/2.0 1") { return answer }
    }
    return nil
  }
}
