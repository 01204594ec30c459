import CLinux
import Glibc

/// Where the server listens: a literal IP address and a port.
package struct ListenAddress: Hashable, Sendable {
  package var address: String
  /// 0: any that is free.
  package var port: Int

  package init(_ address: String, port: Int) {
    self.address = address == "localhost" ? "127.0.0.1" : address
    self.port = port
  }

  package var isIPv6: Bool { address.contains(":") }

  /// Binds and closes a socket, because libwebsockets itself doesn't tell why it couldn't.
  package func probe() throws(HTTPServerError) {
    guard (0...65535).contains(port) else { throw .notStarted("port \(port) isn't within 0…65535.") }
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .notStarted("no socket (\(Self.text(errno))).") }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let outcome = isIPv6 ? try bindIPv6(descriptor) : try bindIPv4(descriptor)
    guard outcome != 0 else { return }
    switch outcome {
    case EADDRINUSE: throw .portInUse(address: address, port: port)
    case EADDRNOTAVAIL: throw .addressNotHere(address)
    case EACCES: throw .portNotAllowed(address: address, port: port)
    default: throw .notStarted("bind to \(address) port \(port) failed (\(Self.text(outcome))).")
    }
  }

  private func bindIPv4(_ descriptor: Int32) throws(HTTPServerError) -> Int32 {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { throw .badAddress(address) }
    return Self.bind(descriptor, &name)
  }

  private func bindIPv6(_ descriptor: Int32) throws(HTTPServerError) -> Int32 {
    var name = sockaddr_in6()
    name.sin6_family = sa_family_t(AF_INET6)
    name.sin6_port = UInt16(port).bigEndian
    guard inet_pton(AF_INET6, address, &name.sin6_addr) == 1 else { throw .badAddress(address) }
    return Self.bind(descriptor, &name)
  }

  private static func bind<Name>(_ descriptor: Int32, _ name: inout Name) -> Int32 {
    withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Name>.size)) == 0 ? 0 : errno
      }
    }
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
