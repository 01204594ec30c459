import Foundation

/// Somebody who vouches for certificates, by Debian's `openssl`, in a folder of his own.
package final class TestAuthority: Sendable {
  private let folder = TemporaryFolder()

  /// Who vouches, in PEM.
  package var certificate: String { folder.path + "/ca.pem" }

  package init(_ name: String = "A Test") async throws {
    try await Self.run(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=\(name)", "-keyout", folder.path + "/ca-key.pem", "-out", folder.path + "/ca.pem",
      ], in: folder.path)
  }

  /// A certificate and its key, both in PEM.
  package func certificate(for name: String) async throws -> (certificate: String, key: String) {
    let (certificate, key) = (folder.path + "/\(name).pem", folder.path + "/\(name)-key.pem")
    try await Self.run(
      [
        "req", "-x509", "-CA", self.certificate, "-CAkey", folder.path + "/ca-key.pem", "-newkey", "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
        "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate,
      ], in: folder.path)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    return (certificate, key)
  }

  /// A folder as sofia-sip wants it: `agent.pem` for `name`, and whom its holder believes.
  package func folder(for name: String, believing other: TestAuthority? = nil) async throws -> String {
    let files = try await certificate(for: name)
    let path = folder.path + "/of-\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let texts = try [files.key, files.certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
    try texts.joined(separator: "\n").write(toFile: path + "/agent.pem", atomically: true, encoding: .utf8)
    try String(contentsOfFile: (other ?? self).certificate, encoding: .utf8)
      .write(toFile: path + "/cafile.pem", atomically: true, encoding: .utf8)
    return path
  }

  private static func run(_ arguments: [String], in folder: String) async throws {
    let tool = try ToolProcess("openssl", arguments, in: folder)
    guard await tool.exitStatus() == 0 else {
      throw BrowserDriver.Failure(description: "openssl \(arguments.joined(separator: " ")):\n\(tool.output)")
    }
  }
}
