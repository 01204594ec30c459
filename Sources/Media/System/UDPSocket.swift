import CLinux
import Glibc

/// A non-blocking UDP socket. A plain value, so that a leg can be moved between workers whole: the leg that holds
/// it owns it and closes it once.
struct UDPSocket {
  /// -1: none.
  private(set) var descriptor: Int32 = -1
  private(set) var family: Int32 = AF_INET

  static let none = UDPSocket()

  var isOpen: Bool { descriptor >= 0 }

  private init() {}

  /// - Throws: `SystemFailure`; EADDRINUSE if somebody else has the port.
  init(bind address: SocketAddress) throws(SystemFailure) {
    let family = address.isIPv4 ? AF_INET : AF_INET6
    let descriptor = try SystemCall.check("socket") {
      socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    do throws(SystemFailure) {
      try SystemCall.check("bind") {
        address.withSystemAddress(family: family) { Glibc.bind(descriptor, $0, $1) }
      }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.family = family
  }

  /// From now on the kernel delivers packets of this peer alone.
  func connect(to peer: SocketAddress) throws(SystemFailure) {
    try SystemCall.check("connect") {
      peer.withSystemAddress(family: family) { Glibc.connect(descriptor, $0, $1) }
    }
  }

  /// Open to any sender again; the bound port stays.
  func disconnect() throws(SystemFailure) {
    var nobody = sockaddr()
    nobody.sa_family = sa_family_t(AF_UNSPEC)
    try SystemCall.check("connect") {
      Glibc.connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }
  }

  /// Room for a burst of many peers, as far as the kernel allows.
  func widenBuffers(bytes: Int32) {
    var size = bytes
    for option in [SO_RCVBUF, SO_SNDBUF] {
      setsockopt(descriptor, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  mutating func close() {
    if isOpen { Glibc.close(descriptor) }
    descriptor = -1
  }

  // The calls of the packet path: bytes moved, or the negative errno.

  @inline(__always)
  func receive(_ buffer: UnsafeMutableRawPointer, capacity: Int) -> Int {
    let count = recv(descriptor, buffer, capacity, 0)
    return count >= 0 ? count : -Int(errno)
  }

  func receive(_ buffer: UnsafeMutableRawPointer, capacity: Int, from sender: inout SocketAddress) -> Int {
    var storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let count = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        recvfrom(descriptor, buffer, capacity, 0, $0, &length)
      }
    }
    guard count >= 0 else { return -Int(errno) }
    sender = SocketAddress(storage)
    return count
  }

  /// To the connected peer.
  @inline(__always)
  func send(_ buffer: UnsafeRawPointer, count: Int) -> Int {
    let sent = Glibc.send(descriptor, buffer, count, Int32(MSG_NOSIGNAL))
    return sent >= 0 ? sent : -Int(errno)
  }

  func send(_ buffer: UnsafeRawPointer, count: Int, to peer: SocketAddress) -> Int {
    let sent = peer.withSystemAddress(family: family) {
      sendto(descriptor, buffer, count, Int32(MSG_NOSIGNAL), $0, $1)
    }
    return sent >= 0 ? sent : -Int(errno)
  }
}
