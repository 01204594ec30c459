import Foundation
import Glibc
import Locking

/// `Benchmarks/browser.py` as a child process. The owner of the process.
final class BrowserScript: Sendable {
  private static let script = "Benchmarks/browser.py"
  private static let python = ".build/python/bin/python"

  private let process = Process()
  private let output = Pipe()
  private let ended = Lock(false)

  /// nil if the script, its Python or the browser isn't there.
  init?(_ arguments: [String]) {
    let browser = ProcessInfo.processInfo.environment["EARSHOT_CHROMIUM"] ?? "/usr/bin/chromium"
    guard let folder = ProgramFolder.holding(Self.script),
      let home = ProgramFolder.holding(Self.python),
      FileManager.default.isExecutableFile(atPath: browser)
    else { return nil }
    process.executableURL = URL(filePath: "\(home)/\(Self.python)")
    process.arguments = ["-B", "\(folder)/\(Self.script)"] + arguments
  }

  /// Whether nothing more will come of it.
  var isOver: Bool { ended.withLock { $0 } }

  /// Runs it to its end.
  /// - Parameter password: goes in by its standard input, which nobody else can read.
  func run(password: String) async throws -> BrowserReport {
    defer { ended.withLock { $0 = true } }
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data("\(password)\n".utf8))
    try input.fileHandleForWriting.close()
    let told = await withCheckedContinuation { continuation in
      Thread.detachNewThread { [output, process] in
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        continuation.resume(returning: data)
      }
    }
    guard process.terminationStatus == 0, !told.isEmpty else {
      throw BenchError("\(Self.script) ended with \(process.terminationStatus)")
    }
    return try JSONDecoder().decode(BrowserReport.self, from: told)
  }

  /// It ends its browser itself.
  func stop() { if process.isRunning { process.terminate() } }
}
