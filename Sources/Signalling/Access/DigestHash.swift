import COpenSSL

/// Hash functions of digest authentication (RFC 7616 section 3.2, RFC 8760).
package enum DigestHash: String, Hashable, Sendable, CaseIterable {
  case sha256 = "SHA-256"
  case md5 = "MD5"

  /// In lower-case hexadecimal digits.
  func hex(_ text: String) -> String { Self.hex(hash(Array(text.utf8))) }

  func hash(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var size: UInt32 = 0
    let function = self == .sha256 ? EVP_sha256() : EVP_md5()
    let done = EVP_Digest(bytes, bytes.count, &digest, &size, function, nil)
    precondition(done == 1, "OpenSSL can't compute \(rawValue): it is switched off in this system's OpenSSL")
    return Array(digest[..<Int(size)])
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    for byte in bytes {
      if byte < 16 { result += "0" }
      result += String(byte, radix: 16)
    }
    return result
  }

  /// HMAC-SHA-256 (RFC 2104).
  static func authenticationCode(_ text: String, key: [UInt8]) -> [UInt8] {
    let block = key + [UInt8](repeating: 0, count: 64 - key.count)
    let inner = sha256.hash(block.map { $0 ^ 0x36 } + Array(text.utf8))
    return sha256.hash(block.map { $0 ^ 0x5C } + inner)
  }
}
