import Glibc
import Supervision

/// The TCP connections of one port, as the kernel knows them. The library tells nothing of a connection until a whole
/// message has come by it, and waits for ever where none comes.
struct TCPConnections {
  /// Local port.
  let port: UInt16

  /// Those that are open at present, silent ones included.
  var count: Int { descriptors.count { silence($0) != nil } }

  /// Ends each by which nothing has come for `milliseconds`, half a message before it or not. The library sees the
  /// end and closes the descriptor, which is its own.
  func endSilent(for milliseconds: Int) {
    for descriptor in descriptors {
      if let silence = silence(descriptor), silence >= milliseconds { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Lets connections begin from these networks alone: for anybody else the port isn't there.
  func admit(only networks: [IPNetwork]) throws(SystemError) {
    let listening = descriptors.filter(isListening)
    guard !listening.isEmpty else { throw SystemError(what: "nobody listens at port \(port)") }
    let filter = SourceFilter(networks)
    for descriptor in listening { try filter.attach(to: descriptor) }
  }

  private func isListening(_ descriptor: Int32) -> Bool {
    var listens: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return isOurs(descriptor) && getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0
      && listens != 0
  }

  /// Every descriptor of this process.
  private var descriptors: [Int32] {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var found: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let descriptor = Int32(name) { found.append(descriptor) }
    }
    return found
  }

  /// Whether it is a socket of the port.
  private func isOurs(_ descriptor: Int32) -> Bool {
    var address = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) == 0 }
    }
    // The port stands at the same place for IPv4 and IPv6.
    return isNamed && [AF_INET, AF_INET6].contains(Int32(address.sin6_family))
      && UInt16(bigEndian: address.sin6_port) == port
  }

  /// Milliseconds since something came; nil if this is no open connection of the port.
  private func silence(_ descriptor: Int32) -> Int? {
    guard isOurs(descriptor) else { return nil }
    var info = tcp_info()
    var size = socklen_t(MemoryLayout<tcp_info>.size)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0,
      [TCP_ESTABLISHED, TCP_CLOSE_WAIT].contains(Int(info.tcpi_state))
    else { return nil }
    return Int(info.tcpi_last_data_recv)
  }
}
