import Foundation
import Glibc

/// Debian's Kamailio before an Earshot, with the configuration that `config/kamailio` ships: only addresses, ports and
/// patience are the test's, given as an operator would give them.
package final class Kamailio: Sendable {
  /// Where it will stand. Chosen before Earshot starts, whose trunks must know it.
  package struct Site: Hashable, Sendable {
    package static let outer = "127.0.0.20"
    static let (phones, carriers, pbx) = ("127.0.0.21", "127.0.0.22", "127.0.0.23")
    /// Where its carrier and its PBX are.
    package static let (carrierAddress, pbxAddress) = ("127.0.0.24", "127.0.0.25")

    package let sipPort = SIPp.freePort(outer)
    package let tlsPort = SIPp.freePort(outer)
    package let webSocketPort = SIPp.freePort(outer)
    let innerPort = SIPp.freePort(phones)
    /// Earshot's own, beside the floor's `rtpPorts`.
    package let earshotPort: UInt16 = {
      // Below those that the system gives to connections: it listens over TCP there as well.
      var port = UInt16.random(in: 20_000...29_998)
      while !SIPp.isFree(port, "127.0.0.1") { port = UInt16.random(in: 20_000...29_998) }
      return port
    }()

    package init() {}

    /// `host:port` for UDP and TCP, and for TLS.
    package var sip: String { "\(Self.outer):\(sipPort)" }
    package var tls: String { "\(Self.outer):\(tlsPort)" }
    package var webSocket: String { "wss://\(Self.outer):\(webSocketPort)" }

    /// Adds to a floor what Earshot has to know of it. Both trunks are trusted: what is kept from Earshot is kept by
    /// Kamailio alone.
    package func settings(_ settings: Floor.Settings = .init()) -> Floor.Settings {
      var settings = settings
      settings.sipPort = earshotPort
      settings.trunks = """
        {name: 'world', addresses: ['\(Self.carriers)'], nextHop: '\(Self.carriers):\(innerPort)', trusted: true},
        {name: 'house', addresses: ['\(Self.pbx)'], nextHop: '\(Self.pbx):\(innerPort)', trusted: true}
        """
      settings.routing = "{pattern: '9*', to: {trunk: 'world', strip: 1}}"
      return settings
    }
  }

  package let site: Site
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// Starts it, and waits until it answers.
  /// - Parameters:
  ///   - carrier: UDP port of the carrier.
  ///   - floodLimit: requests that a source may send in two seconds.
  package init(_ site: Site, carrier: UInt16 = 9, floodLimit: Int = 200) async throws {
    self.site = site
    let path = folder.path
    let shipped = BrowserDriver.project.appending(path: "config/kamailio")
    let certificates = try String(contentsOf: shipped.appending(path: "tls.cfg"), encoding: .utf8)
    try certificates.replacing("/etc/kamailio/tls", with: path)
      .write(toFile: path + "/tls.cfg", atomically: true, encoding: .utf8)
    let destinations = """
      1 sip:127.0.0.1:\(site.earshotPort) 0 10 sockname=phones
      2 sip:\(Site.carrierAddress):\(carrier) 0 10 sockname=outside
      3 sip:\(Site.pbxAddress):\(carrier) 0 10 sockname=outside

      """
    try destinations.write(toFile: path + "/dispatcher.list", atomically: true, encoding: .utf8)
    try await Self.makeCertificate(in: path)
    let values = [
      "OUTER=\(Site.outer)", "SIP_PORT=\(site.sipPort)", "TLS_PORT=\(site.tlsPort)",
      "WSS_PORT=\(site.webSocketPort)", "INNER_PHONES=\(Site.phones)", "INNER_CARRIERS=\(Site.carriers)",
      "INNER_PBX=\(Site.pbx)", "INNER_PORT=\(site.innerPort)",
      "DISPATCHER_LIST=\"\(path)/dispatcher.list\"", "TLS_CONFIG=\"\(path)/tls.cfg\"",
      "KEEPALIVE_FILE=\"\(path)/keepalive\"", "PING_SECONDS=1", "FLOOD_LIMIT=\(floodLimit)", "WORKERS=1",
    ]
    process = try Self.start(
      ["-f", shipped.appending(path: "kamailio.cfg").path, "-Y", path, "-P", path + "/pid"]
        + values.flatMap { ["-A", $0] }, in: path)
    let probe = try SIPProbe(Site.carrierAddress, target: Site.outer, port: site.sipPort)
    let deadline = ContinuousClock.now + .seconds(30)
    while probe.ask("OPTIONS", patience: 500) == nil {
      guard ContinuousClock.now < deadline else {
        throw BrowserDriver.Failure(description: "Kamailio doesn't answer:\n\(process.output)")
      }
    }
  }

  /// Threads of Swift's pool block signals, and what they start inherits that. Kamailio's clock is a signal. And it
  /// closes what Foundation knows its end by, so that the ends of all other programs would be missed: it gets a parent
  /// that doesn't.
  static func start(_ arguments: [String], in folder: String) throws -> ToolProcess {
    let parent =
      "import signal, subprocess, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
      + "sys.exit(subprocess.call(sys.argv[1:]))"
    return try ToolProcess(
      "python3", ["-c", parent, "/usr/sbin/kamailio", "-DD", "-E"] + arguments, in: folder)
  }

  /// All that it has written, for the message of a failure.
  package var output: String { process.output }

  /// The certificate of its TLS and WSS ports, which nobody else has signed.
  package var certificate: String { folder.path + "/fullchain.pem" }

  /// A stranger's socket towards it.
  package func stranger(_ address: String = "127.0.0.29") throws -> SIPProbe {
    try SIPProbe(address, target: Site.outer, port: site.sipPort)
  }

  /// Waits until it answers OPTIONS so: 200 while Earshot is there, 503 while it isn't. Gives the whole answer.
  package func answers(_ status: Int) async throws -> String {
    let probe = try SIPProbe(Site.carrierAddress, target: Site.outer, port: site.sipPort)
    let deadline = ContinuousClock.now + .seconds(30)
    while true {
      let answer = probe.ask("OPTIONS", patience: 1_000)
      if let answer, answer.hasPrefix("SIP/2.0 \(status) ") { return answer }
      guard ContinuousClock.now < deadline else {
        throw BrowserDriver.Failure(
          description: "no \(status) but \(answer ?? "nothing") of Kamailio:\n\(process.output)")
      }
      await Task.yield()
    }
  }

  /// Whether a careful client takes its TLS port for what the certificates in a file vouch for. (Debian's baresip
  /// looks at no certificate, whatever it is told.)
  package func isVerified(by authorities: String) async throws -> Bool {
    let client = """
      import socket, ssl, sys
      context = ssl.create_default_context(cafile=sys.argv[3])
      with socket.create_connection((sys.argv[1], int(sys.argv[2])), 10) as plain:
          context.wrap_socket(plain, server_hostname=sys.argv[1]).close()
      """
    let tool = try ToolProcess(
      "python3", ["-c", client, Site.outer, "\(site.tlsPort)", authorities], in: folder.path)
    let status = await tool.exitStatus()
    guard status == 0 || tool.output.contains("CERTIFICATE_VERIFY_FAILED") else {
      throw BrowserDriver.Failure(description: "no TLS at all:\n\(tool.output)")
    }
    return status == 0
  }

  package static func makeCertificate(in folder: String) async throws {
    let tool = try ToolProcess(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=\(Site.outer)", "-addext", "subjectAltName=IP:\(Site.outer)",
        "-keyout", folder + "/privkey.pem", "-out", folder + "/fullchain.pem",
      ], in: folder)
    guard await tool.exitStatus() == 0 else {
      throw BrowserDriver.Failure(description: "openssl makes no certificate:\n\(tool.output)")
    }
  }
}
