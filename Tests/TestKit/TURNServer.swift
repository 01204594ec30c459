import Foundation

/// Debian's coturn, through which a browser's sound goes that can reach nobody directly.
package final class TURNServer: Sendable {
  private static let secret = "shared-with-earshot"

  package let port: UInt16
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  package init() async throws {
    port = SIPp.freePort("127.0.0.1")
    process = try ToolProcess(
      "turnserver",
      [
        "-n", "--no-cli", "--no-tls", "--no-dtls", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
        "--listening-port=\(port)", "--use-auth-secret", "--static-auth-secret=\(Self.secret)",
        "--realm=earshot",
        "--allow-loopback-peers", "--log-file=stdout", "--simple-log", "--verbose",
        "--pidfile=\(folder.path)/pid",
        "--db=\(folder.path)/turndb",
      ], in: folder.path)
    try await ReverseProxy.waitForListener(port, of: process)
  }

  package var output: String { process.output }

  /// For `Floor.Settings.media`: Earshot makes the credentials.
  package var configuration: String {
    "iceServers: [{urls: ['turn:127.0.0.1:\(port)?transport=udp'], secret: '\(Self.secret)'}]"
  }

  /// For `Browser.Settings.script`: no way but through a TURN server. Which one, the page knows.
  package static let relayOnly = """
    {
      const real = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends real {
        constructor(wanted = {}) { super({ ...wanted, iceTransportPolicy: 'relay' }); }
      };
    }
    """
}
