import COpenSSL

/// DTLS 1.2 with one browser, we being the server: from its hello to the keys of SRTP, and then until it says goodbye.
/// The owner of the SSL object. Used on the worker's thread only.
final class DTLSSession {
  enum Progress {
    case goesOn
    /// The handshake is done.
    case keys(SRTPProfile, client: SRTPMaster, server: SRTPMaster)
    /// The peer has closed.
    case closed
    /// Words for people.
    case failed(String)
  }

  private let ssl: OpaquePointer
  private let pipe: UnsafeMutablePointer<DTLSPipe>
  /// SHA-256 that the description promised.
  private let fingerprint: [UInt8]
  private(set) var isDone = false

  // Until a flight is sent again, in µs: OpenSSL's own second is long for somebody who waits to hear a call.
  private static let firstWait: UInt32 = 250_000
  private static let longestWait: UInt32 = 4_000_000
  private static let label = "EXTRACTOR-dtls_srtp"

  /// nil if OpenSSL has no memory.
  init?(_ identity: DTLSIdentity, socket: UDPSocket, fingerprint: [UInt8]) {
    guard let ssl = SSL_new(identity.context) else { return nil }
    self.ssl = ssl
    self.fingerprint = fingerprint
    pipe = .allocate(capacity: 1)
    pipe.initialize(to: DTLSPipe(socket: socket))
    let bio = DTLSPipe.makeBIO(pipe)
    SSL_set_bio(ssl, bio, bio)
    SSL_set_accept_state(ssl)
    earshot_dtls_set_mtu(ssl, DTLSPipe.mtu)
    DTLS_set_timer_cb(ssl) { _, last in
      last == 0 ? DTLSSession.firstWait : min(last * 2, DTLSSession.longestWait)
    }
  }

  deinit {
    SSL_free(ssl)
    pipe.deallocate()
  }

  /// Takes a datagram of the peer.
  func receive(_ bytes: UnsafeRawPointer, count: Int, from peer: SocketAddress) -> Progress {
    pipe.pointee.peer = peer
    pipe.pointee.input = bytes
    pipe.pointee.inputCount = count
    defer { pipe.pointee.input = nil }
    return goOn()
  }

  /// ns until `tick` has something to do; nil if there is nothing to be sent again.
  var timeout: Nanoseconds? {
    guard !isDone else { return nil }
    let left = earshot_dtls_timeout(ssl)
    return left < 0 ? nil : Nanoseconds(left) * 1_000
  }

  /// Sends the last flight again, if it is time.
  func tick() -> Progress {
    guard !isDone else { return .goesOn }
    ERR_clear_error()
    return earshot_dtls_handle_timeout(ssl) < 0
      ? .failed("the DTLS handshake got no answer; look at firewalls between browser and server") : .goesOn
  }

  /// Tells the peer that this is the end.
  func close() {
    ERR_clear_error()
    if pipe.pointee.peer.isReachable, isDone { SSL_shutdown(ssl) }
  }

  private func goOn() -> Progress {
    ERR_clear_error()
    guard !isDone else { return read() }
    let result = SSL_do_handshake(ssl)
    guard result == 1 else { return judge(result, "the DTLS handshake failed") }
    isDone = true
    guard DTLSIdentity.fingerprint(of: peerCertificate()) == fingerprint else {
      return .failed("the browser's certificate isn't the one whose fingerprint its description gives")
    }
    guard let chosen = SSL_get_selected_srtp_profile(ssl),
      let profile = SRTPProfile(rawValue: String(cString: chosen.pointee.name))
    else { return .failed("no SRTP protection in common; AES-GCM or AES-CM with HMAC-SHA1-80 is needed") }
    var exported = [UInt8](repeating: 0, count: profile.exportLength)
    let isExported = SSL_export_keying_material(
      ssl, &exported, exported.count, Self.label, Self.label.utf8.count, nil, 0, 0)
    guard isExported == 1 else { return .failed("DTLS gave no keys for SRTP") }
    let masters = profile.split(exported)
    return .keys(profile, client: masters.client, server: masters.server)
  }

  private func peerCertificate() -> OpaquePointer? { SSL_get0_peer_certificate(ssl) }

  /// What comes after the handshake: alerts, and a handshake's last flight once more. There is no data.
  private func read() -> Progress {
    var waste = [UInt8](repeating: 0, count: 256)
    let result = SSL_read(ssl, &waste, Int32(waste.count))
    return result > 0 ? .goesOn : judge(result, "DTLS broke off")
  }

  private func judge(_ result: Int32, _ what: String) -> Progress {
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .goesOn
    case SSL_ERROR_ZERO_RETURN: return .closed
    default:
      let reason = ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) }
      return .failed(what + (reason.map { " (\($0))" } ?? ""))
    }
  }
}
