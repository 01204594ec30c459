import Foundation
import Locking

/// A program from Debian that a test runs beside Earshot: a phone or a load generator that nobody here wrote.
///
/// What it writes goes to a file, which is whole as soon as the program has ended. (Of a pipe, Foundation may never
/// tell the end, if the last bytes and the end come together.)
package final class ToolProcess: Sendable {
  private struct State {
    var exitCode: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }

  private let state = Lock(State())
  private let process = Process()
  private let input = Pipe()
  private let outputPath: String

  /// - Parameters:
  ///   - program: found by `PATH`.
  ///   - folder: its working directory; also of its output.
  package init(_ program: String, _ arguments: [String], in folder: String) throws {
    outputPath = folder + "/output"
    try Data().write(to: URL(fileURLWithPath: outputPath))
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "dumb"]) { _, new in new }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    process.terminationHandler = { [weak self] process in self?.ended(process.terminationStatus) }
    try process.run()
  }

  deinit { kill() }

  /// Ends it at once. SIPp takes SIGTERM as a wish to end its calls first. What has processes of its own leads a group.
  package func kill() {
    guard process.isRunning else { return }
    let number = process.processIdentifier
    Foundation.kill(getpgid(number) == number ? -number : number, SIGKILL)
  }

  /// All that it has written so far.
  package var output: String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: outputPath))) ?? Data(), as: UTF8.self)
  }

  /// Types at its terminal.
  package func type(_ text: String) {
    guard process.isRunning else { return }
    try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  /// Waits for its end, and gives its exit status.
  package func exitStatus() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = state.withLock { state -> Int32? in
        if state.exitCode == nil { state.waiters.append(continuation) }
        return state.exitCode
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  private func ended(_ status: Int32) {
    let waiters = state.withLock { state in
      state.exitCode = status
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }
}
