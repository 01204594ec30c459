import Foundation
import Locking

/// The real `earshot` program as a child process, as an operator starts it.
package final class EarshotProcess: Sendable {
  package enum Failure: Error, CustomStringConvertible {
    case ended(status: Int32, output: [String])

    package var description: String {
      switch self {
      case .ended(let status, let output):
        "earshot ended with status \(status) before it was ready:\n\(output.joined(separator: "\n"))"
      }
    }
  }

  private struct State {
    var output: [String] = []
    var pending: [UInt8] = []
    var waiters: [Waiter] = []
    /// Set once it has ended *and* all that it wrote has been read.
    var status: Int32?
    var exitCode: Int32?
    var isRead = false
    var exits: [CheckedContinuation<Int32, Never>] = []
  }

  private struct Waiter {
    var prefix: String
    var continuation: CheckedContinuation<String?, Never>
  }

  private let state = Lock(State())
  private let process = Process()

  /// The program that belongs to the test bundle that is running, or the one that `EARSHOT_PROGRAM` names: what users
  /// run is optimised, and some faults are seen there only.
  package static var executable: URL {
    if let path = ProcessInfo.processInfo.environment["EARSHOT_PROGRAM"] { return URL(filePath: path) }
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("earshot")
  }

  /// - Parameter log: file that its log goes to; nil for `output`.
  package init(_ arguments: [String], environment: [String: String] = [:], log: String? = nil) throws {
    let pipe = Pipe()
    process.executableURL = Self.executable
    process.arguments = arguments
    var inherited = ProcessInfo.processInfo.environment
    // Under AddressSanitizer the server is held to more than its tests (Tests/Sanitizers/environment).
    if let options = inherited["EARSHOT_ASAN_OPTIONS"] { inherited["ASAN_OPTIONS"] = options }
    process.environment = inherited.merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = try log.map { try FileHandle(forWritingTo: URL(filePath: $0)) } ?? pipe
    process.terminationHandler = { [weak self] process in
      let code = process.terminationStatus
      self?.ended { $0.exitCode = code }
    }
    try process.run()
    // A thread of its own: a dispatch source whose descriptor is closed under it breaks libdispatch.
    Thread { [weak self] in
      while true {
        let data = pipe.fileHandleForReading.availableData
        guard !data.isEmpty else { break }
        self?.take(data)
      }
      self?.ended { $0.isRead = true }
    }.start()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  package var identifier: Int32 { process.processIdentifier }

  /// All lines that it has written so far.
  package var output: [String] { state.withLock { $0.output } }

  /// Waits for a line that begins so; gives what follows. Throws if the program ends first.
  package func line(_ prefix: String) async throws -> String {
    let line = await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
      let known = state.withLock { state -> String?? in
        if let line = state.output.first(where: { $0.hasPrefix(prefix) }) { return .some(line) }
        if state.status != nil { return .some(nil) }
        state.waiters.append(Waiter(prefix: prefix, continuation: continuation))
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
    guard let line else {
      throw state.withLock { Failure.ended(status: $0.status ?? -1, output: $0.output) }
    }
    return String(line.dropFirst(prefix.count))
  }

  /// A process that has ended gets none: its number may be another's by now.
  package func signal(_ signal: Int32) {
    if process.isRunning { kill(process.processIdentifier, signal) }
  }

  /// Asks it to stop and waits until it has.
  @discardableResult
  package func stop(_ signal: Int32 = SIGTERM) async -> Int32 {
    self.signal(signal)
    let status = await exitStatus()
    if status != 0, signal == SIGTERM {
      // What a sanitizer has found, or why it couldn't stop.
      print("earshot ended with \(status):", output.suffix(80).joined(separator: "\n"), separator: "\n")
    }
    return status
  }

  /// Waits for its end.
  package func exitStatus() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = state.withLock { state -> Int32? in
        if state.status == nil { state.exits.append(continuation) }
        return state.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  private func take(_ data: Data) {
    let met = state.withLock { state -> [(CheckedContinuation<String?, Never>, String)] in
      state.pending += data
      var met: [(CheckedContinuation<String?, Never>, String)] = []
      while let end = state.pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: state.pending[..<end], as: UTF8.self)
        state.pending.removeSubrange(...end)
        state.output.append(line)
        met += state.waiters.filter { line.hasPrefix($0.prefix) }.map { ($0.continuation, line) }
        state.waiters.removeAll { line.hasPrefix($0.prefix) }
      }
      return met
    }
    for (waiter, line) in met { waiter.resume(returning: line) }
  }

  /// Runs a command to its end.
  package static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String) {
    let process = try EarshotProcess(arguments, environment: environment)
    let status = await process.exitStatus()
    return (status, process.output.joined(separator: "\n"))
  }

  /// Notes that its output or itself is at the end; when both are, whoever waits is told.
  private func ended(_ note: (inout State) -> Void) {
    let (status, waiters, exits) = state.withLock {
      state -> (Int32, [Waiter], [CheckedContinuation<Int32, Never>]) in
      note(&state)
      guard state.isRead, let code = state.exitCode else { return (0, [], []) }
      state.status = code
      if !state.pending.isEmpty { state.output.append(String(decoding: state.pending, as: UTF8.self)) }
      defer {
        state.pending = []
        state.waiters = []
        state.exits = []
      }
      return (code, state.waiters, state.exits)
    }
    for waiter in waiters { waiter.continuation.resume(returning: nil) }
    for exit in exits { exit.resume(returning: status) }
  }
}
