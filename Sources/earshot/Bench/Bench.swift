import Audio
import Foundation
import Glibc
import Phones

/// Measures a server in a process of its own: sets up the calls of each figure, waits, and reads the meters.
struct Bench: Sendable {
  let run: BenchRun
  let server: BenchServer

  var settings: BenchSettings { run.settings }
  var password: String { run.password }
  var floor: BenchFloor { run.floor }
  var media: PhoneMedia { run.floor.media }
  var direct: LatencyHistogram { run.direct }

  func note(_ text: String) { run.note(text) }

  /// What can be measured alone.
  enum Part: String, CaseIterable, Hashable, Sendable {
    case load, capacity, overload, workers, memory, soak, joins, whispers, changes, dashboards, listeners
    case browserWhispers = "browser-whispers"
    case browser

    /// Takes a quarter of an hour, and is measured only if it is asked for.
    var isLong: Bool { self == .soak || self == .joins }
  }

  // MARK: CPU, and the customer's way

  /// Every call plain, then listened to, then whispered into.
  func callLoad() async throws -> [BenchFigure] {
    var plain = EndpointSettings()
    plain.memory = 0
    var marked = plain
    marked.readsMarks = true
    let timedCount = min(50, settings.calls / 2)
    note("setting up \(settings.calls) calls")
    let timed = try await floor.calls(timedCount, customer: plain, agent: marked)
    let rest = try await floor.calls(settings.calls - timedCount, customer: plain, agent: plain)
    let calls = timed + rest
    for call in timed { await call.customer.say(.marks) }
    for (index, call) in calls.enumerated() {
      if index >= timedCount { await call.customer.say(.clip(.babble, from: index * 97)) }
      await call.agent.say(.clip(.babble, from: index * 61 + 9_000))
    }
    var figures = [try await cpu("plain", "plain relay, \(settings.calls) calls", must: 0.04, over: timed)]
    let relayed = await latency(of: timed)

    note("a supervisor listens to each")
    let supervisors = try await floor.supervise(calls, code: "*31", password: password, settings: plain)
    figures.append(
      try await cpu("listened", "every call listened to, \(settings.calls) calls", must: 0.055, over: timed))

    note("and whispers")
    for (index, supervisor) in supervisors.enumerated() {
      // Quiet enough that a mark can be read through it, loud enough to be speech.
      await supervisor.say(index < timedCount ? .tone(440, level: -30) : .clip(.babble, from: index * 31))
      _ = await supervisor.press("5")
    }
    figures.append(
      try await cpu(
        "whispered", "every call whispered into, \(settings.calls) calls", must: 0.065, over: timed))
    let whispered = await latency(of: timed)
    figures.append(added("relayed", "customer → agent added, relayed", relayed))
    figures.append(added("mixed", "customer → agent added, whispered", whispered))
    figures.append(await allocations())

    note("hanging up")
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    return figures
  }

  /// CPU-seconds of the server per call-minute over the window.
  private func cpu(
    _ id: String, _ figure: String, must: Double, over timed: [BenchFloor.Call]
  ) async throws -> BenchFigure {
    // What setting up has left to be done is not the calls'.
    try await Task.sleep(for: .seconds(2))
    for call in timed { await call.agent.resetObservation() }
    await media.resetLateness()
    let clock = ContinuousClock()
    let start = clock.now
    let host = StolenTime.sinceStart
    let before = try server.usage()
    try await Task.sleep(for: .seconds(settings.window))
    let used = try server.usage() - before
    let seconds = (clock.now - start) / .seconds(1)
    let value = used / (Double(settings.calls) * seconds / 60)
    let late = await media.lateness.percentile(0.99) ?? 0
    let isValid = late <= Self.tolerableLateness
    var measured =
      "\(Self.text(value, 3)) CPU-s per call-minute (\(Self.text(used / seconds * 100, 0)) % of a core)"
    if !isValid {
      measured += "; void: the load came late (p99 \(Self.text(late, 1)) ms), the machine is busy"
    }
    measured += Self.stolen(StolenTime.sinceStart.share(since: host))
    note("\(figure): \(measured)")
    return BenchFigure(
      id: "cpu-\(id)", figure: figure, must: "≤ \(must)", measured: measured,
      isMet: value <= must && isValid, value: value)
  }

  /// - Parameter share: per cent.
  static func stolen(_ share: Double) -> String {
    share < 2 ? "" : "; the host took \(text(share, 0)) % of the machine's time"
  }

  /// ms at the 99th percentile; if the generator sends later than this, it measures itself.
  static let tolerableLateness = 5.0

  private func latency(of timed: [BenchFloor.Call]) async -> LatencyHistogram {
    var all = LatencyHistogram()
    for call in timed { all.merge(await call.agent.observation().latency) }
    return all
  }

  private func added(_ id: String, _ figure: String, _ latency: LatencyHistogram) -> BenchFigure {
    guard let median = latency.median, let base = direct.median else {
      return BenchFigure(
        id: "latency-\(id)", figure: figure, must: "median < 0.3 ms", measured: "no mark arrived",
        isMet: false)
    }
    let added = max(median - base, 0)
    let tail = [0.95, 0.99].map { Self.text(max((latency.percentile($0) ?? 0) - base, 0), 2) }
    return BenchFigure(
      id: "latency-\(id)", figure: figure, must: "median < 0.3 ms",
      measured:
        "median \(Self.text(added, 2)) ms, p95 \(tail[0]), p99 \(tail[1]) (\(latency.count) frames; \(Self.text(base, 2)) without a server taken off)",
      isMet: added < 0.3, value: added)
  }

  /// While every call is whispered into; the packets are asked for outside the time that is counted.
  private func allocations() async -> BenchFigure {
    let figure = "heap allocations per packet, relayed and mixed"
    let packets = "earshot_media_packets_received_total"
    guard let packetsBefore = await server.counter(packets),
      let before = server.allocations,
      (try? await Task.sleep(for: .seconds(settings.window))) != nil,
      let after = server.allocations,
      let packetsAfter = await server.counter(packets), packetsAfter > packetsBefore
    else {
      return BenchFigure(
        id: "allocations", figure: figure, must: "0", measured: "not counted: run `make bench`")
    }
    let value = Double(after - before) / (packetsAfter - packetsBefore)
    return BenchFigure(
      id: "allocations", figure: figure, must: "0",
      measured: "\(after - before) in \(Self.text(packetsAfter - packetsBefore, 0)) packets",
      isMet: value < 0.000_1,
      value: value)
  }

  static func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  static var machine: String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name =
      model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown CPU"
    return "\(name), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores"
  }
}
