import COpenSSL

/// An Ed25519 key (RFC 8032) that signs checkpoints. Owns the OpenSSL handle.
package struct SigningKey: ~Copyable {
  private let key: OpaquePointer

  /// A new key.
  package init() {
    guard let key = earshot_generate_ed25519() else { preconditionFailure("OpenSSL has no Ed25519") }
    self.key = key
  }

  /// nil if the text holds no Ed25519 private key in PEM (PKCS #8).
  package init?(pem: String) {
    guard let key = readPEM(pem, { PEM_read_bio_PrivateKey($0, nil, nil, nil) }) else { return nil }
    self.key = key
  }

  deinit { EVP_PKEY_free(key) }

  package var pem: String {
    writePEM { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  package var verifyingKeyPEM: String {
    writePEM { PEM_write_bio_PUBKEY($0, key) }
  }

  package func sign(_ message: [UInt8]) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var length = signature.count
    let signed =
      EVP_DigestSignInit(context, nil, nil, nil, key) == 1
      && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
    precondition(signed && length == 64, "OpenSSL can't sign")
    return signature
  }
}

/// The public half: enough to prove a checkpoint, offline.
package struct VerifyingKey: ~Copyable {
  private let key: OpaquePointer

  /// nil if the text holds no Ed25519 public key in PEM.
  package init?(pem: String) {
    guard let key = readPEM(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) else { return nil }
    self.key = key
  }

  deinit { EVP_PKEY_free(key) }

  package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

private func readPEM(_ text: String, _ read: (OpaquePointer?) -> OpaquePointer?) -> OpaquePointer? {
  // The BIO reads where the bytes are, so they must stay until it has.
  let found = Array(text.utf8).withUnsafeBytes { bytes in
    let source = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
    defer { BIO_free(source) }
    return read(source)
  }
  guard let key = found else { return nil }
  guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
    EVP_PKEY_free(key)
    return nil
  }
  return key
}

private func writePEM(_ write: (OpaquePointer?) -> Int32) -> String {
  let sink = BIO_new(BIO_s_mem())
  defer { BIO_free(sink) }
  precondition(write(sink) == 1, "OpenSSL can't write a key")
  var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(sink)))
  let length = BIO_read(sink, &bytes, Int32(bytes.count))
  return String(decoding: bytes.prefix(Int(length)), as: UTF8.self)
}
