import COpenSSL
import RTP

/// The name and password of a leg in ICE (RFC 8445, section 5.3): ours.
struct ICECredentials: Hashable {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Eight characters (48 random bits).
  let fragment: String
  /// 32 characters (192 random bits).
  let password: String
  /// The bytes of `fragment` as they lie in memory: what a request is looked up by.
  let key: UInt64

  init(_ generator: inout some RandomNumberGenerator) {
    let name = (0..<8).map { _ in Self.alphabet[Int.random(in: 0..<64, using: &generator)] }
    fragment = String(decoding: name, as: UTF8.self)
    password = String(
      decoding: (0..<32).map { _ in Self.alphabet[Int.random(in: 0..<64, using: &generator)] }, as: UTF8.self)
    key = name.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
  }

  /// HMAC-SHA1 under the password.
  func authenticate(_ bytes: [UInt8]) -> [UInt8] { Self.authenticate(bytes, password: password) }

  static func authenticate(_ bytes: [UInt8], password: String) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    var length: UInt32 = 0
    let key = Array(password.utf8)
    HMAC(EVP_sha1(), key, Int32(key.count), bytes, bytes.count, &digest, &length)
    return digest
  }

  /// Whether a message's MESSAGE-INTEGRITY is ours.
  func proves(_ message: STUNMessage, _ bytes: UnsafeRawPointer) -> Bool {
    let expected = authenticate(message.integrityInput(bytes))
    return CRYPTO_memcmp(expected, bytes + message.integrity + 4, 20) == 0
  }
}
