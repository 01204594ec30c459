import Foundation

/// Debian's coturn, through which a browser's sound goes that can reach nobody directly.
package final class TURNServer: Sendable {
  package let port: UInt16
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  package init() async throws {
    port = SIPp.freePort("127.0.0.1")
    process = try ToolProcess(
      "turnserver",
      [
        "-n", "--no-cli", "--no-tls", "--no-dtls", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
        "--listening-port=\(port)", "--lt-cred-mech", "--user=earshot:relayed", "--realm=earshot",
        "--allow-loopback-peers", "--log-file=stdout", "--simple-log", "--verbose",
        "--pidfile=\(folder.path)/pid",
        "--db=\(folder.path)/turndb",
      ], in: folder.path)
    try await ReverseProxy.waitForListener(port, of: process)
  }

  package var output: String { process.output }

  /// For `Browser.Settings.script`: the browser may use this server alone.
  package var script: String {
    """
    {
      const real = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends real {
        constructor(wanted = {}) {
          super({
            ...wanted, iceTransportPolicy: 'relay',
            iceServers: [{ urls: 'turn:127.0.0.1:\(port)?transport=udp', username: 'earshot', credential: 'relayed' }],
          });
        }
      };
    }
    """
  }
}
