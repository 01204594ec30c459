import Foundation
import Phones

/// `earshot bench`: the figures of Docs/Benchmarks.md on this machine.
struct BenchCommand: Command {
  private static let quick = Option("quick", "A short run: to see that it works, not how well.")
  private static let calls = Option("calls", value: "N", "Calls at once for the CPU figures (default: 500).")
  private static let window = Option(
    "seconds", value: "N", "Time that each figure is taken over (default: 20).")
  private static let only = Option(
    "only", value: "PART",
    "That part alone: \(Bench.Part.allCases.map(\.rawValue).joined(separator: ", ")).")
  private static let awake = Option(
    "keep-awake",
    "Keep both cores from sleeping: on a virtual machine, waking them is\nhalf of what few calls cost.")
  private static let write = Option(
    "write", value: "FILE", "Put the table into that page, in the place of its table.")

  static let syntax = CommandSyntax(
    name: "bench",
    summary: "Measure what supervision costs on this machine.",
    options: [quick, calls, window, only, awake, write, .json],
    notes: [
      """
      Starts a server of its own on one core and a load generator on another, with hundreds of phones over real
      SIP and RTP. CPU is CPU-seconds of the server process per call and minute. Latency is from the sending of a
      packet to the kernel's stamp on the packet with the same sound, found by marks in the sound itself. Exit code 1:
      a figure is not what it must be. With --keep-awake a thread of the lowest rank spins on each core; the
      kernel's own threads may then wait long, and with them the disk and the audit: use it with load and capacity.
      """
    ],
    examples: [
      ("earshot bench", "All figures, in about half an hour"),
      ("earshot bench --quick --json", "A short run, for a program"),
      ("earshot bench --write Docs/Benchmarks.md", "Keep the figures with machine and date"),
    ])

  private let settings: BenchSettings
  private let page: String?
  private let json: Bool
  private let staysAwake: Bool
  private let isQuick: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    isQuick = arguments.has(Self.quick)
    var settings = isQuick ? BenchSettings.quick : BenchSettings()
    if let calls = try arguments.integer(Self.calls, in: 10...2_000) { settings.calls = calls }
    if let window = try arguments.integer(Self.window, in: 1...3_600) { settings.window = window }
    if let word = arguments.value(Self.only) {
      guard let part = Bench.Part(rawValue: word) else {
        throw UsageError(unknown: "part", word, among: Bench.Part.allCases.map(\.rawValue), command: "bench")
      }
      settings.only = part
    }
    self.settings = settings
    page = arguments.value(Self.write)
    json = arguments.has(.json)
    staysAwake = arguments.has(Self.awake)
  }

  func run(_ console: Console) async throws -> ExitCode {
    // Not after half an hour.
    if let page { _ = try String(contentsOfFile: page, encoding: .utf8) }
    let cores = CPUCores.allowed
    let note: @Sendable (String) -> Void = { console.complain("bench: \($0)") }
    if cores.count < 2 { note("only one core: server and load share it, and no figure is what it should be") }
    #if DEBUG
      note("this is a debug build: figures tell nothing")
    #endif
    if cores.count >= 2 { CPUCores.pinProcess(to: cores[1]) }

    let folder = FileManager.default.temporaryDirectory.appending(path: "earshot-bench-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let awake = staysAwake ? AwakeCores(Array(cores.prefix(2))) : nil
    defer { awake?.end() }
    let host = StolenTime.sinceStart
    let figures = try await measure(
      folder: folder, serverCore: cores.count >= 2 ? cores[0] : nil, note: note)

    let report = BenchReport(
      machine: Bench.machine, date: Date.now.formatted(.iso8601.year().month().day()),
      settings:
        "G.711 at 20 ms, \(settings.window) s a figure, server and load on a core each\(staysAwake ? ", kept awake" : "")\(isQuick ? ", quick run" : "")"
        + Bench.stolen(StolenTime.sinceStart.share(since: host)),
      figures: figures)
    console.print(json ? try JSONText.of(report) : Self.text(report))
    if let page {
      let text = try String(contentsOfFile: page, encoding: .utf8)
      try report.rewritten(page: text).write(toFile: page, atomically: true, encoding: .utf8)
      let url = URL(filePath: page)
      let name = url.deletingPathExtension().lastPathComponent.lowercased()
      let folder = url.deletingLastPathComponent().appending(path: name).path
      try report.draw(into: folder)
      note("\(page) has the new table, \(folder) the plots")
    }
    return report.isMet ? .ok : .failed
  }

  private func measure(
    folder: String, serverCore: Int?, note: @escaping @Sendable (String) -> Void
  ) async throws -> [BenchFigure] {
    let floor = BenchFloor()
    try await floor.open()
    let secret = UUID().uuidString
    let agents = await floor.agentPort
    let start: @Sendable (BenchSettings.Variant) async throws -> BenchServer = { [settings] variant in
      let own = "\(folder)/\(UUID().uuidString)"
      try FileManager.default.createDirectory(
        atPath: own, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try PrivateFile.write(
        settings.configuration(variant, folder: own, agents: agents, token: secret, password: secret),
        to: "\(own)/earshot.json5")
      return try await BenchServer.start(
        configuration: "\(own)/earshot.json5", token: secret, core: variant.workers == 1 ? serverCore : nil,
        log: "\(own)/server.log", allocationCount: AllocationCount(folder: own))
    }
    var run = BenchRun(settings: settings, password: secret, floor: floor, start: start, note: note)
    let figures = await run.figures()
    await floor.close()
    return figures
  }

  private static func text(_ report: BenchReport) -> String {
    let width = report.figures.map(\.figure.count).max() ?? 0
    let lines = report.figures.map { figure in
      let verdict = figure.isMet.map { $0 ? "ok  " : "MISS" } ?? "–   "
      let padding = String(repeating: " ", count: width - figure.figure.count)
      return "\(verdict)  \(figure.figure)\(padding)  \(figure.measured)  (must: \(figure.must))"
    }
    return (lines + ["\(report.machine), \(report.date); \(report.settings)"]).joined(separator: "\n")
  }
}
