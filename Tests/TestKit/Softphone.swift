import Audio
import Foundation

/// `scripts/softphone` of the README: Debian's baresip, as a reader starts it. It
/// says a tone and keeps what it hears in a file.
package final class Softphone: Sendable {
  private let process = Process()
  private let input = Pipe()
  private let folder: URL

  /// Starts it and lets it register at `server` (`host:port`).
  package init(_ user: String, password: String, server: String, tone: Double) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "baresip-\(user)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var source = ToneSource(frequency: tone, level: -20)
    let file = WAVFile(sampleRate: 8_000, channels: 1, samples: source.samples(8_000 * 60))
    let sound = folder.appending(path: "says.wav")
    try Data(file.bytes()).write(to: sound)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../scripts/softphone")
    process.executableURL = script.standardizedFileURL
    process.arguments = [user, password, String(server.split(separator: ":").last ?? "5060")]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SOURCE": "aufile,\(sound.path)", "RECORD": folder.path]
    ) { _, new in new }
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { process.terminate() }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Types at it: commands as `/dial anna` with a line's end, or keys of the phone.
  package func type(_ text: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  package func dial(_ number: String) throws { try type("/dial \(number)\n") }
  package func accept() throws { try type("/accept\n") }

  /// Quits, and gives what it heard in its call.
  package func quit() async throws -> [Int16] {
    try type("/quit\n")
    await withCheckedContinuation { continuation in
      Thread { [process] in
        process.waitUntilExit()
        continuation.resume()
      }.start()
    }
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    guard let heard = files.first(where: { $0.lastPathComponent.hasSuffix("-dec.wav") }) else { return [] }
    return try WAVFile([UInt8](Data(contentsOf: heard))).downmixed().samples
  }
}
