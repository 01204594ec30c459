import Foundation

/// A SIP phone on a WebSocket (RFC 7118), in a program of its own (`Tests/Browser/sip_websocket.py`, on a WebSocket
/// library that nobody here wrote): it registers, and is done.
package final class WebSocketPhone: Sendable {
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// - Parameter authority: file of the certificate that the server's must be signed by.
  package init(_ user: String, password: String? = nil, server: String, authority: String) throws {
    process = try ToolProcess(
      BrowserDriver.python,
      [
        "-B", BrowserDriver.project.appending(path: "Tests/Browser/sip_websocket.py").path, "--url", server,
        "--ca", authority, "--user", user, "--password", password ?? "secret-\(user)",
      ], in: folder.path)
  }

  /// All that it has written: JSON lines.
  package var output: String { process.output }

  /// Waits for its end.
  package func exitStatus() async -> Int32 { await process.exitStatus() }
}
