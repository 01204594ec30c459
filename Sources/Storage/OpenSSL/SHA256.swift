import COpenSSL
import Supervision

/// The hash of the audit chain.
package enum SHA256 {
  @Sendable package static func hash(_ bytes: [UInt8]) -> AuditDigest {
    var digest = [UInt8](repeating: 0, count: AuditDigest.size)
    let code = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    guard code == 1, let value = AuditDigest(digest) else { preconditionFailure("OpenSSL has no SHA-256") }
    return value
  }
}

/// Bytes that nobody can guess.
package enum RandomBytes {
  package static func make(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "OpenSSL has no random numbers")
    return bytes
  }
}
