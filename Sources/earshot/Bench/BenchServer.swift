import API
import Foundation
import Glibc

/// The server under test: a process of its own, on a core of its own.
struct BenchServer: Sendable {
  let process: Process
  let client: APIClient
  /// `host:port` of its SIP.
  let sip: String
  /// nil if its allocations aren't counted.
  let allocationCount: AllocationCount?

  var processID: pid_t { process.processIdentifier }

  /// Starts `earshot serve` and waits until it says where it serves.
  /// - Parameters:
  ///   - core: nil to leave it where it likes.
  static func start(
    configuration file: String, token: String, core: Int?, log: String, allocationCount: AllocationCount?
  ) async throws -> BenchServer {
    let process = try launch(file, core: core, log: log, allocationCount?.environment ?? [:])
    for _ in 0..<200 {
      let told = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      guard process.isRunning else {
        throw BenchError("the server ended at once with \(process.terminationStatus): \(told.suffix(2_000))")
      }
      if let ready = told.split(separator: "\n").first(where: {
        $0.hasPrefix("ready sip=") && $0.contains(" api=")
      }) {
        let parts = ready.split(separator: " ").map(String.init)
        guard parts.count == 3, let url = URL(string: String(parts[2].dropFirst(4))) else { break }
        return BenchServer(
          process: process, client: APIClient(server: url, token: token), sip: String(parts[1].dropFirst(4)),
          allocationCount: allocationCount)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    kill(process.processIdentifier, SIGKILL)
    throw BenchError(
      "the server has not said in 10 s that it is ready; see what it says with `earshot serve`")
  }

  /// One thread from pin to start: the child inherits where it may run.
  private static func launch(
    _ file: String, core: Int?, log: String, _ environment: [String: String]
  ) throws -> Process {
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["serve", "--config", file]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    let output = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = output
    process.standardError = output
    let before = CPUCores.allowed
    if let core { CPUCores.pinThread(to: core) }
    defer { if core != nil, let own = before.last { CPUCores.pinThread(to: own) } }
    try process.run()
    return process
  }

  /// CPU-seconds since its start.
  func usage() throws -> Double {
    guard let usage = ProcessUsage(of: processID) else { throw BenchError("the server is gone") }
    return usage.seconds
  }

  /// Bytes of memory that are in use by it (VmRSS); nil if it is gone.
  var residentBytes: Double? {
    let text = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 * 1_024 }
  }

  /// What its media threads have asked of the heap; nil if that isn't counted.
  var allocations: UInt64? { allocationCount?.media(of: processID) }

  /// Open descriptors.
  var descriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd"))?.count ?? 0
  }

  /// A counter of `/metrics`, summed over its labels; nil if the server has none of that name.
  func counter(_ name: String) async -> Double? {
    guard let text = try? await client.metrics() else { return nil }
    let values = text.split(separator: "\n").filter { $0.hasPrefix(name) }.compactMap { line in
      line.split(separator: " ").last.flatMap { Double($0) }
    }
    return values.isEmpty ? nil : values.reduce(0, +)
  }

  /// SIGTERM, and after ten seconds SIGKILL.
  func stop() async {
    process.terminate()
    for _ in 0..<200 where process.isRunning { try? await Task.sleep(for: .milliseconds(50)) }
    if process.isRunning { kill(processID, SIGKILL) }
  }
}

/// Why a figure or all of them can't be had.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
