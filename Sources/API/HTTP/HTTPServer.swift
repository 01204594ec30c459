import CWebSockets

/// HTTP/1.1 and WebSockets on a thread of their own. Requests are answered by tasks on Swift's pool.
package final class HTTPServer: Sendable {
  /// Where it really listens (the kernel's choice where port 0 was asked for).
  package let address: ListenAddress

  private let service: HTTPService
  private let loop: LWSLoop

  /// Listens and serves from now on.
  ///
  /// - Parameters:
  ///   - tls: nil for plain HTTP.
  ///   - log: gets what libwebsockets complains of, line by line.
  package init(
    listen: ListenAddress, tls: TLSFiles? = nil, limits: HTTPLimits = HTTPLimits(), handler: any HTTPHandler,
    log: @escaping @Sendable (String) -> Void
  ) throws(HTTPServerError) {
    LWSLog.route(to: log)
    try listen.probe()
    let service = HTTPService(handler: handler, limits: limits)
    let made = LWSLoop(handler: service, protocols: ["http", "earshot.v1"]) { info, memory in
      Self.configure(&info, listen: listen, limits: limits, memory: memory)
      if let tls { Self.encrypt(&info, by: tls, memory: memory) }
    }
    guard let loop = made, let port = loop.port, port > 0 else {
      throw .notStarted(
        "libwebsockets made no context for \(listen.address) port \(listen.port); see the log.")
    }
    service.attach(to: loop)
    self.service = service
    self.loop = loop
    address = ListenAddress(listen.address, port: port)
    loop.start(named: "earshot-http")
  }

  deinit { loop.finish() }

  /// Takes no new work, lets what is under way end within `HTTPLimits.stop`, tells WebSockets 1001, and lets go of the port.
  package func stop() async {
    let service = service
    let loop = loop
    guard loop.post({ service.beginStop() }) else { return }
    let deadline = Task {
      try? await Task.sleep(for: .milliseconds(service.limits.stop))
      loop.finish()
    }
    await loop.ended()
    deadline.cancel()
  }

  private static func encrypt(
    _ info: inout lws_context_creation_info, by files: TLSFiles, memory: CMemory
  ) {
    info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
    info.ssl_cert_filepath = memory.string(files.certificate)
    info.ssl_private_key_filepath = memory.string(files.key)
    info.alpn = memory.string("http/1.1")
    info.ssl_options_set = Int(cws_no_renegotiation)
    // libwebsockets leaves TLS 1.0 and 1.1 open; the ciphers of 1.3 aren't in this list and are all sound.
    info.ssl_cipher_list = memory.string("ECDHE+AESGCM:ECDHE+CHACHA20")
  }

  private static func configure(
    _ info: inout lws_context_creation_info, listen: ListenAddress, limits: HTTPLimits, memory: CMemory
  ) {
    info.port = Int32(listen.port)
    info.iface = memory.string(listen.address)
    info.server_string = memory.string("earshot")
    info.options = UInt64(LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND)
    if !listen.isIPv6 { info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_IPV6) }
    info.max_http_header_data = UInt16(limits.headers)
    info.fd_limit_per_thread = UInt32(limits.connections)
    info.timeout_secs = UInt32(limits.receive)
    info.timeout_secs_ah_idle = UInt32(limits.receive)
    info.keepalive_timeout = Int32(limits.idle)
    info.pt_serv_buf_size = 16 * 1024
    // WebSocket peers that say nothing are pinged, and given up when they don't answer.
    var policy = lws_retry_bo()
    policy.secs_since_valid_ping = UInt16(limits.send)
    policy.secs_since_valid_hangup = UInt16(limits.send + 15)
    info.retry_and_idle_policy = memory.array([policy])
  }
}
