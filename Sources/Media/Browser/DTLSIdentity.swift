import COpenSSL

/// What this process proves itself with to browsers: a key and a certificate made at the start, whose fingerprint every
/// description of ours carries, and the settings that all DTLS sessions share. Immutable once made.
///
/// `@unchecked Sendable`: OpenSSL lets threads share an SSL_CTX that nobody changes any more.
final class DTLSIdentity: @unchecked Sendable {
  let context: OpaquePointer
  /// SHA-256 of the certificate.
  let fingerprint: [UInt8]

  private static let ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    + "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
  /// Seconds for which the certificate is valid: peers look at the fingerprint only.
  private static let validity = 3_650 * 86_400

  /// - Throws: `MediaSetupError.system` if OpenSSL can't do it.
  init() throws(MediaSetupError) {
    guard let key = earshot_generate_p256(), let certificate = X509_new(),
      let context = SSL_CTX_new(DTLS_server_method())
    else { throw .system("OpenSSL can't make a key for browsers (ECDSA P-256)") }
    defer {
      EVP_PKEY_free(key)
      X509_free(certificate)
    }
    self.context = context
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64.max >> 1))
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), Self.validity)
    X509_set_pubkey(certificate, key)
    let name = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "earshot", -1, -1, 0)
    X509_set_issuer_name(certificate, name)
    let isSigned = X509_sign(certificate, key, EVP_sha256()) > 0
    fingerprint = Self.fingerprint(of: certificate)
    let profiles = SRTPProfile.allCases.map(\.rawValue).joined(separator: ":")
    guard isSigned, fingerprint.count == 32, earshot_ssl_ctx_use_dtls12(context) == 1,
      SSL_CTX_set_cipher_list(context, Self.ciphers) == 1, SSL_CTX_use_certificate(context, certificate) == 1,
      SSL_CTX_use_PrivateKey(context, key) == 1, SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0
    else {
      SSL_CTX_free(context)
      throw .system("OpenSSL can't set up DTLS for browsers")
    }
    earshot_ssl_ctx_no_cache(context)
    earshot_ssl_ctx_use_any_group(context)
    // No tickets (bit 14), no renegotiation (30), no question to the kernel for the MTU (12).
    SSL_CTX_set_options(context, UInt64(1) << 14 | UInt64(1) << 30 | UInt64(1) << 12)
    // The peer's certificate is its own; its fingerprint is compared once the handshake is done.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
  }

  deinit { SSL_CTX_free(context) }

  static func fingerprint(of certificate: OpaquePointer?) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1, length == 32 else { return [] }
    return digest
  }
}
