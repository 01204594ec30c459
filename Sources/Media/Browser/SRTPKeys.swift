import COpenSSL

/// The protection that DTLS may choose for SRTP (RFC 5764, RFC 7714), as OpenSSL names it.
package enum SRTPProfile: String, CaseIterable {
  case aes128GCM = "SRTP_AEAD_AES_128_GCM"
  case aes128CounterSHA1 = "SRTP_AES128_CM_SHA1_80"

  static let keyLength = 16
  /// Bytes of master salt.
  var saltLength: Int { self == .aes128GCM ? 12 : 14 }
  /// What DTLS has to export: two keys, two salts.
  package var exportLength: Int { 2 * (Self.keyLength + saltLength) }

  /// The master key and salt of both directions out of what DTLS exported (RFC 5764, section 4.2).
  package func split(_ exported: [UInt8]) -> (client: SRTPMaster, server: SRTPMaster) {
    let (key, salt) = (Self.keyLength, saltLength)
    return (
      SRTPMaster(key: Array(exported[0..<key]), salt: Array(exported[(2 * key)..<(2 * key + salt)])),
      SRTPMaster(key: Array(exported[key..<(2 * key)]), salt: Array(exported[(2 * key + salt)...]))
    )
  }
}

/// Master key and master salt of one direction, and the derivation of session keys from it (RFC 3711, section 4.3).
package struct SRTPMaster: Sendable {
  var key: [UInt8]
  var salt: [UInt8]

  enum Label: UInt8 {
    case encryption, authentication, salt
    case controlEncryption, controlAuthentication, controlSalt
  }

  /// The pseudo-random function: AES in counter mode over zeros. A shorter salt (GCM) is filled up with zeros.
  func derive(_ label: Label, count: Int) -> [UInt8] {
    var counter = salt + [UInt8](repeating: 0, count: 16 - salt.count)
    counter[7] ^= label.rawValue
    let zeros = [UInt8](repeating: 0, count: count)
    var output = [UInt8](repeating: 0, count: count)
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var length: Int32 = 0
    EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, key, counter)
    EVP_EncryptUpdate(context, &output, &length, zeros, Int32(count))
    return output
  }
}
