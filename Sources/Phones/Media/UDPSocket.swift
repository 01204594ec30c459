import CLinux
import Glibc

/// A UDP socket that never blocks and has the kernel stamp what arrives.
struct UDPSocket: ~Copyable {
  let descriptor: Int32
  let port: UInt16

  /// - Parameters:
  ///   - address: numeric, IPv4 or IPv6.
  ///   - port: 0 for any.
  init(address: String, port: UInt16) throws(MediaError) {
    let remedy = "check the address \(address), port \(port), and the limit of open files (ulimit -n)"
    guard var local = Self.socketAddress(address, port) else { throw MediaError("address", remedy: remedy) }
    let descriptor = socket(
      Int32(local.sin6_family), Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0
    )
    guard descriptor >= 0 else { throw MediaError("socket", remedy: remedy) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4)
    var length = Self.size(of: local)
    let isBound = withUnsafeMutablePointer(to: &local) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard isBound else {
      let error = MediaError("bind", remedy: remedy)
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.port = UInt16(bigEndian: local.sin6_port)
  }

  deinit { close(descriptor) }

  /// From now on sends there, and takes nothing from anywhere else.
  func connect(address: String, port: UInt16) {
    guard var remote = Self.socketAddress(address, port) else { return }
    withUnsafePointer(to: &remote) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = Glibc.connect(descriptor, generic, Self.size(of: pointer.pointee))
      }
    }
  }

  /// An error is that of an earlier packet, or a full buffer: the packet is lost, as on a network.
  func send(_ bytes: UnsafeRawPointer, count: Int) {
    _ = Glibc.send(descriptor, bytes, count, 0)
  }

  /// One packet; nil if there is none.
  /// - Returns: its length, and when the kernel got it, in ns since 1970.
  func receive(_ bytes: UnsafeMutableRawPointer, capacity: Int) -> (count: Int, arrival: Int64)? {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { control in
      var vector = iovec(iov_base: bytes, iov_len: capacity)
      return withUnsafeMutablePointer(to: &vector) { vector in
        var message = msghdr()
        message.msg_iov = vector
        message.msg_iovlen = 1
        message.msg_control = control.baseAddress
        message.msg_controllen = control.count
        let count = recvmsg(descriptor, &message, 0)
        guard count >= 0 else { return nil }
        // struct cmsghdr is 16 bytes, and the stamp follows it: socket(7), SO_TIMESTAMPNS.
        guard message.msg_controllen >= 32, let base = control.baseAddress,
          base.load(fromByteOffset: 12, as: Int32.self) == SO_TIMESTAMPNS
        else { return (count, Clock.wall) }
        let stamp = base.load(fromByteOffset: 16, as: timespec.self)
        return (count, Int64(stamp.tv_sec) * 1_000_000_000 + Int64(stamp.tv_nsec))
      }
    }
  }

  /// An IPv4 address lies in the beginning of the larger structure; family and port are at the same place in both.
  private static func socketAddress(_ address: String, _ port: UInt16) -> sockaddr_in6? {
    var result = sockaddr_in6()
    result.sin6_port = port.bigEndian
    if inet_pton(AF_INET6, address, &result.sin6_addr) == 1 {
      result.sin6_family = sa_family_t(AF_INET6)
      return result
    }
    var host = in_addr()
    guard inet_pton(AF_INET, address, &host) == 1 else { return nil }
    result.sin6_family = sa_family_t(AF_INET)
    // Behind family and port.
    withUnsafeMutableBytes(of: &result) { $0.storeBytes(of: host.s_addr, toByteOffset: 4, as: UInt32.self) }
    return result
  }

  private static func size(of address: sockaddr_in6) -> socklen_t {
    Int32(address.sin6_family) == AF_INET6
      ? socklen_t(MemoryLayout<sockaddr_in6>.size) : socklen_t(MemoryLayout<sockaddr_in>.size)
  }
}

/// The sockets of one phone: RTP on an even port, RTCP on the one above (RFC 3550, section 11).
struct RTPPorts: ~Copyable {
  let rtp: UDPSocket
  let rtcp: UDPSocket

  init(address: String) throws(MediaError) {
    for _ in 0..<64 {
      let rtp = try UDPSocket(address: address, port: 0)
      guard rtp.port % 2 == 0 else { continue }
      guard let rtcp = try? UDPSocket(address: address, port: rtp.port + 1) else { continue }
      self.rtp = rtp
      self.rtcp = rtcp
      return
    }
    throw MediaError("bind", remedy: "no even port with a free one above; widen ip_local_port_range")
  }
}
