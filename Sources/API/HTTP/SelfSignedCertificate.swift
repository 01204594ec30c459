import COpenSSL
import Foundation
import Glibc
import Supervision

/// A certificate that vouches for itself: an ECDSA key and who may be found by it, as two PEM files of ours. Browsers
/// ask once whether to trust it; its fingerprint tells whether it is the right one.
package struct SelfSignedCertificate: Sendable {
  /// What browsers take at most.
  private static let validity = 397 * 86_400
  /// Renewed so long before it runs out, so that no restart comes too late.
  private static let margin = 14 * 86_400

  package let files: TLSFiles
  /// SHA-256 of the certificate as browsers show it: `AB:CD:…`.
  package let fingerprint: String
  /// Whether it was made by this call.
  package let isNew: Bool

  package struct Fault: Error, CustomStringConvertible {
    package let description: String
  }

  /// Takes the one in `folder` if it still holds for a while and names the same; else makes a new one.
  ///
  /// - Parameter now: seconds since 1970.
  package init(folder: String, names: [String], now: Int64) throws(Fault) {
    files = TLSFiles(certificate: folder + "/tls-certificate.pem", key: folder + "/tls-key.pem")
    let alternatives = names.map { (IPNetwork.isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
    let marker = folder + "/tls-names"
    if let known = Self.read(files.certificate), access(files.key, R_OK) == 0,
      (try? String(contentsOfFile: marker, encoding: .utf8)) == alternatives
    {
      defer { X509_free(known) }
      var limit = time_t(now + Int64(Self.margin))
      if X509_cmp_time(X509_get0_notAfter(known), &limit) > 0 {
        fingerprint = Self.fingerprint(of: known)
        isNew = false
        return
      }
    }
    guard let key = earshot_generate_p256(), let certificate = X509_new() else {
      throw Fault(description: "OpenSSL makes no key on P-256")
    }
    defer {
      EVP_PKEY_free(key)
      X509_free(certificate)
    }
    guard Self.fill(certificate, key, name: names.first ?? "earshot", alternatives, now: now) else {
      throw Fault(description: "OpenSSL makes no certificate for \(alternatives); check api.names")
    }
    // The key first: a certificate without its key would be taken for a good one at the next start.
    try Self.write(files.key) { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    try Self.write(files.certificate) { PEM_write_bio_X509($0, certificate) }
    try Self.write(marker, Array(alternatives.utf8))
    fingerprint = Self.fingerprint(of: certificate)
    isNew = true
  }

  private static func fill(
    _ certificate: OpaquePointer, _ key: OpaquePointer, name: String, _ alternatives: String, now: Int64
  ) -> Bool {
    var serial = UInt64.random(in: 1...UInt64(Int64.max))
    serial |= 1
    let subject = X509_get_subject_name(certificate)
    // X.520 allows 64 characters; browsers look at the alternatives only.
    let common = Array(name.utf8.prefix(64))
    var begin = time_t(now - 3_600)
    var good =
      X509_set_version(certificate, 2) == 1
      && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1
      && X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &begin) != nil
      && X509_time_adj_ex(X509_getm_notAfter(certificate), 0, validity, &begin) != nil
      && X509_NAME_add_entry_by_txt(subject, "CN", asciiText, common, Int32(common.count), -1, 0)
        == 1
      && X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1
    let extensions = [
      (NID_subject_alt_name, alternatives), (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, "serverAuth"),
    ]
    for (identifier, value) in extensions {
      guard let part = X509V3_EXT_conf_nid(nil, nil, identifier, value) else { return false }
      good = X509_add_ext(certificate, part, -1) == 1 && good
      X509_EXTENSION_free(part)
    }
    return good && X509_sign(certificate, key, EVP_sha256()) > 0
  }

  /// `MBSTRING_ASC`, a macro of a macro in OpenSSL.
  private static let asciiText: Int32 = 0x1001

  private static func fingerprint(of certificate: OpaquePointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    X509_digest(certificate, EVP_sha256(), &digest, &length)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
  }

  private static func read(_ path: String) -> OpaquePointer? {
    guard let file = BIO_new_file(path, "r") else { return nil }
    defer { BIO_free(file) }
    return PEM_read_bio_X509(file, nil, nil, nil)
  }

  private static func write(_ path: String, _ fill: (OpaquePointer?) -> Int32) throws(Fault) {
    let sink = BIO_new(BIO_s_mem())
    defer { BIO_free(sink) }
    guard fill(sink) == 1 else { throw Fault(description: "OpenSSL can't write \(path)") }
    var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(sink)))
    let length = BIO_read(sink, &bytes, Int32(bytes.count))
    try write(path, Array(bytes.prefix(Int(length))))
  }

  /// Whole under its name or not at all; mode 0600 from the first byte on.
  private static func write(_ path: String, _ bytes: [UInt8]) throws(Fault) {
    let draft = path + ".new"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Fault(
        description: "\(draft) can't be made (\(String(cString: strerror(errno)))); check storage.folder")
    }
    let isWritten = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    let isSynced = fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, isSynced, rename(draft, path) == 0 else {
      throw Fault(description: "\(path) can't be written; check the disk")
    }
  }
}
