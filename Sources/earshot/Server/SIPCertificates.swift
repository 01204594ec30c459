import Configuration
import Foundation

/// What SIP over TLS shows and whom it believes, in one folder, where the library looks for it under names of its own.
enum SIPCertificates {
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  /// Copies the files' contents into a folder that nobody else can read: `agent.pem` is the certificate with its chain and key,
  /// `cafile.pem` who vouches for peers.
  /// - Returns: the folder.
  static func gather(_ tls: SignallingConfiguration.TLS, in storage: String) throws(Fault) -> String {
    let folder = storage + "/sip-tls"
    let certificate = try contents(tls.certificate, holding: "CERTIFICATE")
    let key = try contents(tls.key, holding: "PRIVATE KEY")
    let authorities = try contents(tls.authorities, holding: "CERTIFICATE")
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
      for (name, text) in [("agent.pem", key + "\n" + certificate), ("cafile.pem", authorities)] {
        let file = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      }
    } catch {
      throw Fault(
        description:
          "the certificates of SIP over TLS can't be kept in \(folder): \(error.localizedDescription)")
    }
    return folder
  }

  private static func contents(_ path: String, holding kind: String) throws(Fault) -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.contains("\(kind)-----") else {
      throw Fault(description: "\(path) holds no \(kind) in PEM; give signalling.tls a file that does")
    }
    return text
  }
}
