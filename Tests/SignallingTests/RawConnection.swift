import Glibc
import Testing

/// A TCP connection that says whatever a test wants, or nothing. Waits at most five seconds for anything,
/// where nothing else is said.
final class RawConnection {
  private let descriptor: Int32
  private(set) var isOpen = true

  /// - Parameter patience: seconds that anything is waited for, the connection too.
  init(from address: String = "127.0.0.2", target: UInt16, patience: Int = 5) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    try #require(descriptor >= 0)
    var patience = timeval(tv_sec: patience, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    let bound = Self.with(address, 0) { bind(descriptor, $0, $1) }
    let connected = Self.with("127.0.0.1", target) { connect(descriptor, $0, $1) }
    guard bound == 0, connected == 0 else { throw Refused() }
  }

  struct Refused: Error {}

  deinit { close() }

  private static func with<Result>(
    _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  func send(_ text: String) { _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

  /// What comes next; empty when the other side has closed, nil when nothing comes.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Waits until the other side has closed. False if it doesn't.
  func waitForClose() -> Bool {
    while let text = receive() { if text.isEmpty { return true } }
    return errno == ECONNRESET
  }

  func close() {
    if isOpen { Glibc.close(descriptor) }
    isOpen = false
  }

  /// Breaks the connection off without a farewell (RST).
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    close()
  }
}
