import COpenSSL
import Foundation
import Glibc
import RTP

/// A browser that only hears: ICE, a DTLS handshake, and then packets that it counts and throws away unopened. The owner of
/// its socket and its DTLS session.
package final class BrowserListener: Sendable {
  /// What all listeners of a bench prove themselves with. Made once: a thousand keys would measure OpenSSL.
  package final class Identity: @unchecked Sendable {
    // Only read after its making; OpenSSL counts references to a context atomically.
    fileprivate let context: OpaquePointer
    fileprivate let fingerprint: [UInt8]

    package init() throws(BrowserListenerError) {
      guard let context = SSL_CTX_new(DTLS_client_method()), let key = earshot_generate_p256(),
        let certificate = X509_new()
      else { throw BrowserListenerError("OpenSSL makes no DTLS context") }
      X509_gmtime_adj(X509_getm_notBefore(certificate), -60)
      X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400)
      X509_set_pubkey(certificate, key)
      X509_sign(certificate, key, EVP_sha256())
      var digest = [UInt8](repeating: 0, count: 32)
      X509_digest(certificate, EVP_sha256(), &digest, nil)
      SSL_CTX_use_certificate(context, certificate)
      SSL_CTX_use_PrivateKey(context, key)
      SSL_CTX_set_tlsext_use_srtp(context, BrowserListener.srtp.name)
      X509_free(certificate)
      EVP_PKEY_free(key)
      self.context = context
      fingerprint = digest
    }

    deinit { SSL_CTX_free(context) }
  }

  /// What it is sent can be read here.
  package let descriptor: Int32
  private let identity: Identity
  private let fragment: String
  private static let password = "passwordofalistenerwhohears"

  package init(_ identity: Identity, number: Int) throws(BrowserListenerError) {
    self.identity = identity
    fragment = "list\(number)"
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else {
      throw BrowserListenerError("socket: errno \(errno); raise the limit of descriptors")
    }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// - Parameter codec: `opus` or `pcmu`.
  package func offer(_ codec: String) -> String {
    let transport = BrowserTransport(
      fragment: fragment, password: Self.password, fingerprint: identity.fingerprint, setup: .actpass)
    let type = codec == "opus" ? "111" : "0"
    let lines = [
      "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
      "m=audio 9 UDP/TLS/RTP/SAVPF \(type)", "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtcp-mux",
      "a=ice-ufrag:\(fragment)", "a=ice-pwd:\(Self.password)", "a=fingerprint:\(transport.fingerprintText)",
      "a=setup:actpass", "a=sendrecv",
      codec == "opus" ? "a=rtpmap:111 opus/48000/2" : "a=rtpmap:0 PCMU/8000",
    ]
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  package struct Connection: Sendable {
    /// Keeps the leg alive, sent every few seconds.
    package var check: [UInt8]
    /// What DTLS exported for SRTP (RFC 5764, section 4.2), for the protection that `srtp` names.
    package var material: [UInt8]
  }

  /// The only protection that is offered, as OpenSSL names it, and what of its keys DTLS exports, in bytes.
  package static let srtp = (name: "SRTP_AEAD_AES_128_GCM", exportLength: 56)

  /// As `connect`, on a thread of its own: Swift's threads aren't blocked.
  package func connected(to answer: String) async throws -> Connection {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try self.connect(answer) }) }
    }
  }

  /// Takes the answer, checks, shakes hands. Blocks for some ms, at the worst for seconds.
  package func connect(_ answer: String) throws -> Connection {
    let description = try SessionDescription(parsing: answer)
    guard let medium = description.media.first(where: { $0.port != 0 }) else {
      throw BrowserListenerError("the answer has no sound")
    }
    let remote = try BrowserTransport(of: medium, in: description)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = medium.port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw BrowserListenerError("connect: errno \(errno)") }
    let check = check(remote)
    var buffer = [UInt8](repeating: 0, count: 2_048)
    for _ in 0..<5 {
      send(descriptor, check, check.count, Int32(MSG_NOSIGNAL))
      if recv(descriptor, &buffer, buffer.count, 0) > 0, buffer[0] == 1, buffer[1] == 1 {
        return Connection(check: check, material: try handshake(&address))
      }
    }
    throw BrowserListenerError("no answer to a browser's check")
  }

  private func check(_ remote: BrowserTransport) -> [UInt8] {
    let transaction = (0..<12).map { _ in UInt8.random(in: 0...255) }
    var request = STUNWriter(kind: STUNMessage.Kind.bindingRequest, transaction: transaction)
    request.add(STUNMessage.Attribute.username, Array("\(remote.fragment):\(fragment)".utf8))
    request.add(STUNMessage.Attribute.iceControlling, [1, 2, 3, 4, 5, 6, 7, 8])
    request.add(STUNMessage.Attribute.priority, [0x6E, 0, 1, 0xFF])
    request.add(STUNMessage.Attribute.useCandidate)
    request.addIntegrity { covered in
      var code = [UInt8](repeating: 0, count: 20)
      HMAC(EVP_sha1(), remote.password, Int32(remote.password.utf8.count), covered, covered.count, &code, nil)
      return code
    }
    request.addFingerprint()
    return request.bytes
  }

  private func handshake(_ address: inout sockaddr_in) throws(BrowserListenerError) -> [UInt8] {
    let ssl = SSL_new(identity.context)
    defer { SSL_free(ssl) }
    let bio = BIO_new_dgram(descriptor, BIO_NOCLOSE)
    let peer = BIO_ADDR_new()
    defer { BIO_ADDR_free(peer) }
    BIO_ADDR_rawmake(peer, AF_INET, &address.sin_addr, 4, address.sin_port)
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, UnsafeMutableRawPointer(peer))
    SSL_set_bio(ssl, bio, bio)
    earshot_dtls_set_mtu(ssl, 1_200)
    for _ in 0..<8 {
      if SSL_connect(ssl) == 1 { return try exported(ssl) }
      earshot_dtls_handle_timeout(ssl)
    }
    throw BrowserListenerError("no DTLS with the server")
  }

  private func exported(_ ssl: OpaquePointer?) throws(BrowserListenerError) -> [UInt8] {
    let label = "EXTRACTOR-dtls_srtp"
    var material = [UInt8](repeating: 0, count: Self.srtp.exportLength)
    guard SSL_export_keying_material(ssl, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1
    else { throw BrowserListenerError("DTLS gave no keys for SRTP") }
    return material
  }
}

/// Why a listener doesn't hear.
package struct BrowserListenerError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
