import Glibc

extension SIPStack {
  /// Why the library opens nothing.
  func openingError() -> SIPStackError {
    if settings.tcp, let error = bindError(.tcp, settings.port) { return error }
    if let error = bindError(.udp, settings.port) { return error }
    guard let tls = settings.tls else { return .library(address: settings.address, port: settings.port) }
    return bindError(.tls, tls.port)
      ?? .tls(folder: tls.folder, cause: "the library takes no certificate or key from it")
  }

  /// A port that nobody has at present, neither for UDP nor for TCP; 0 if there is none.
  func freePort() -> UInt16 {
    for _ in 0..<100 {
      guard let port = try? bound(.tcp, 0).get() else { return 0 }
      if bindError(.udp, port) == nil { return port }
    }
    return 0
  }

  /// Asks the system itself why the socket can't be had: the library doesn't tell.
  private func bindError(_ transport: SIPTransport, _ port: UInt16) -> SIPStackError? {
    if case .failure(let error) = bound(transport, port) { error } else { nil }
  }

  /// - Returns: the port to which a socket was bound for a moment.
  private func bound(_ transport: SIPTransport, _ port: UInt16) -> Result<UInt16, SIPStackError> {
    let address = settings.address
    let refused = { (cause: UnsafePointer<CChar>) in
      Result<UInt16, SIPStackError>.failure(
        .bind(address: address, port: port, transport: transport, cause: String(cString: cause)))
    }
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
    hints.ai_socktype = Int32((transport == .udp ? SOCK_DGRAM : SOCK_STREAM).rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(address, "\(port)", &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0, let info = found?.pointee else {
      return refused(gai_strerror(code))
    }
    let descriptor = socket(info.ai_family, info.ai_socktype, 0)
    guard descriptor >= 0 else {
      return refused(strerror(errno))
    }
    defer { _ = Glibc.close(descriptor) }
    // As the library does it: what is left of closed connections is in nobody's way.
    var on: Int32 = 1
    if transport != .udp {
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    var own = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isBound = withUnsafeMutablePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    // The port stands at the same place for IPv4 and IPv6.
    return isBound ? .success(UInt16(bigEndian: own.sin6_port)) : refused(strerror(errno))
  }
}
