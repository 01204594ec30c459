import Foundation

/// Debian's Kamailio as a carrier that wants credentials: a registrar and a proxy that challenges INVITE and BYE.
package final class KamailioTrunk: Sendable {
  package static let address = "127.0.0.26"
  /// The user that it knows, and his password.
  package static let user = "earshot"
  package static let password = "it's: a secret"

  package let port: UInt16
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// Starts it, and waits until it answers.
  /// - Parameters:
  ///   - customers: `host:port` of the phones behind it.
  ///   - hash: `MD5` or `SHA-256`.
  ///   - authority: speaks TLS at the same port, shows a certificate of this one's and wants one.
  package init(port: UInt16, customers: String, hash: String, authority: TestAuthority? = nil) async throws {
    self.port = port
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("ScenarioTests/Kamailio/trunk.cfg")
    var text = try String(contentsOf: file, encoding: .utf8)
    for (name, value) in [
      ("CERTIFICATES", folder.path + "/tls.cfg"), ("EARSHOT", "127.0.0.1"), ("CUSTOMERS", customers),
      ("ADDRESS", Self.address), ("PORT", "\(port)"), ("HASH", "\"\(hash)\""),
      ("PASSWORD", "\"\(Self.password)\""),
    ] {
      text = text.replacing(name, with: value)
    }
    let path = folder.path
    try text.write(toFile: path + "/trunk.cfg", atomically: true, encoding: .utf8)
    if let authority { try await Self.write(authority, to: path + "/tls.cfg") }
    process = try Kamailio.start(
      ["-f", path + "/trunk.cfg", "-Y", path, "-P", path + "/pid"]
        + (authority == nil ? [] : ["-A", "SECURE"]),
      in: path)
    let probe = try SIPProbe("127.0.0.24", target: Self.address, port: port)
    let deadline = ContinuousClock.now + .seconds(30)
    while probe.ask("OPTIONS", patience: 500) == nil {
      guard ContinuousClock.now < deadline else {
        throw BrowserDriver.Failure(description: "Kamailio doesn't answer:\n\(process.output)")
      }
    }
  }

  private static func write(_ authority: TestAuthority, to file: String) async throws {
    let own = try await authority.certificate(for: address)
    let section = """
      method = TLSv1.2+
      certificate = \(own.certificate)
      private_key = \(own.key)
      ca_list = \(authority.certificate)
      verify_certificate = yes
      require_certificate = yes

      """
    try "[server:default]\n\(section)[client:default]\n\(section)".write(
      toFile: file, atomically: true, encoding: .utf8)
  }

  /// All that it has written, for the message of a failure.
  package var output: String { process.output }

  /// Ends it at once, as a carrier that fails.
  package func kill() { process.kill() }
}
