import Foundation

/// aiortc, a WebRTC stack that nobody here wrote, in a program of its own (`Tests/Browser/peer.py`): a supervisor that
/// listens for a while and says what it heard.
package final class SecondStack: Sendable {
  package struct Report: Decodable, Sendable {
    package var tones: [Double]
    /// The encoding that the answer names first.
    package var codec: String
    /// 48,000 a second.
    package var samples: Int
  }

  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// - Parameter seconds: how long it listens once it is connected.
  package init(
    server: URL, token: String, call: String, mode: String = "listen", saying tone: Double = 0,
    seconds: Double = 2
  ) throws {
    process = try ToolProcess(
      BrowserDriver.python,
      [
        "-B", BrowserDriver.project.appending(path: "Tests/Browser/peer.py").path, "--server",
        server.absoluteString,
        "--token", token, "--call", call, "--mode", mode, "--says", "\(tone)", "--seconds", "\(seconds)",
      ], in: folder.path)
  }

  /// Opens his voice.
  package func talk() { process.type("talk\n") }

  /// Waits until it is done.
  package func report() async throws -> Report {
    let status = await process.exitStatus()
    let last = process.output.split(separator: "\n").last.map(String.init) ?? ""
    guard status == 0, let report = try? JSONDecoder().decode(Report.self, from: Data(last.utf8)) else {
      throw BrowserDriver.Failure(description: "aiortc ended with status \(status):\n\(process.output)")
    }
    return report
  }
}
