import Phones

/// The figures of supervision: how late a whisper is, how soon anything is heard, and what changes do to the calls.
extension Bench {
  // MARK: Supervisor → agent

  func whisperLatency() async throws -> [BenchFigure] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    // Of each stream; between the two that meet in a row, σ is 0.5 ms.
    quiet.jitter = 0.35
    var reading = quiet
    reading.readsMarks = true
    note("\(settings.latencyCalls) calls, each whispered into, jitter 0.35 ms a stream")
    let calls = try await floor.calls(settings.latencyCalls, customer: quiet, agent: reading)
    let supervisors = try await floor.supervise(calls, code: "*32", password: password, settings: quiet)
    for supervisor in supervisors { await supervisor.say(.marks) }
    // The queues find their margin first.
    try await Task.sleep(for: .seconds(5))
    for call in calls { await call.agent.resetObservation() }
    try await Task.sleep(for: .seconds(settings.window))
    var latency = LatencyHistogram()
    var found = 0
    var missing = 0
    for call in calls {
      let seen = await call.agent.observation()
      latency.merge(seen.latency)
      found += seen.marksFound
      missing += seen.marksMissing + seen.marksOutOfOrder
    }
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    let figure =
      "supervisor → agent, \(settings.latencyCalls) calls, random phases, jitter σ 0.35 ms a stream (0.5 between two)"
    let must = "median ≤ 12 ms, p95 ≤ 23 ms, ≤ 0.5 % concealed"
    guard let median = latency.median, let late = latency.percentile(0.95), found > 0 else {
      return [
        BenchFigure(id: "whisper", figure: figure, must: must, measured: "no mark arrived", isMet: false)
      ]
    }
    let concealed = Double(missing) / Double(found + missing) * 100
    let measured =
      "median \(Self.text(median, 1)) ms, p95 \(Self.text(late, 1)), p99 \(Self.text(latency.percentile(0.99) ?? 0, 1)), "
      + "\(Self.text(concealed, 2)) % concealed (\(found) frames)"
    note("\(figure): \(measured)")
    return [
      BenchFigure(
        id: "whisper", figure: figure, must: must, measured: measured,
        isMet: median <= 12 && late <= 23 && concealed <= 0.5, value: median)
    ]
  }

  // MARK: Joins, switches, leaves

  /// dBFS; below the voices of customer and agent in these calls.
  private static let faint = -50.0

  /// Each cycle joins by listening, whispers, barges, listens and leaves: five changes.
  func changes() async throws -> [BenchFigure] {
    var ear = EndpointSettings()
    ear.memory = 0
    ear.keysReplaceSound = false
    ear.firstSound = Self.faint
    let cycles = max(settings.changes / 5 / settings.changingCalls, 1)
    note(
      "\(cycles * 5 * settings.changingCalls) joins, switches and leaves on \(settings.changingCalls) calls")
    let calls = try await floor.calls(settings.changingCalls, customer: ear, agent: ear)
    for call in calls {
      // Softer than the supervisor, so that he is told apart by level alone.
      await call.customer.say(.tone(300, level: -45))
      await call.agent.say(.tone(500, level: -45))
    }
    for call in calls {
      _ = await call.agent.firstSound(above: -50, within: 2_000)
      await call.agent.resetObservation()
      await call.customer.resetObservation()
    }
    let times = try await withThrowingTaskGroup(of: ChangeTimes.self) { group in
      for call in calls {
        group.addTask { [ear] in try await self.cycles(cycles, on: call, ear: ear) }
      }
      return try await group.reduce(into: ChangeTimes()) { $0.merge($1) }
    }
    var faults = 0
    var packets = 0
    var details: [String] = []
    for call in calls {
      for (name, party) in [("customer", call.customer), ("agent", call.agent)] {
        let seen = await party.observation()
        packets += seen.packets
        let sum = seen.lost + seen.duplicates + seen.reordered + seen.sourceChanges + seen.timestampBreaks
        faults += sum
        if sum > 0, details.count < 3 {
          details.append(
            "\(name): \(seen.lost) lost, \(seen.duplicates) doubled, \(seen.reordered) reordered, "
              + "\(seen.sourceChanges) SSRC, \(seen.timestampBreaks) timestamp")
        }
      }
    }
    try await floor.hangUp(calls.map(\.customer))
    let total = cycles * 5 * settings.changingCalls
    if !details.isEmpty { note(details.joined(separator: "; ")) }
    return [
      BenchFigure(
        id: "continuity",
        figure: "lost, doubled, reordered, SSRC or timestamp breaks at both parties, \(total) changes",
        must: "0", measured: "\(faults) in \(packets) packets", isMet: faults == 0, value: Double(faults)),
      times.joined.figure("joined", "feature code's INVITE → supervisor's first sample"),
      times.answered.figure("answered", "the supervisor's ACK → his first sample"),
      times.keyed.figure("key", "key → the supervisor heard"),
    ]
  }

  private func cycles(_ count: Int, on call: BenchFloor.Call, ear: EndpointSettings) async throws
    -> ChangeTimes
  {
    var times = ChangeTimes()
    for _ in 0..<count {
      let supervisor = try await floor.supervise(call, code: "*31", password: password, settings: ear)
      await supervisor.say(.tone(1_000, level: -20))
      let state = supervisor.state
      // It may have come before anybody could ask.
      _ = await supervisor.firstSound(above: Self.faint, within: 200)
      let first = await supervisor.observation().firstSound
      if first > 0 {
        times.joined.add(from: state.invited, to: first)
        times.answered.add(from: state.answered, to: first)
      } else {
        times.joined.missed += 1
      }
      times.keyed.add(await Self.heard(at: call.agent, after: "5", of: supervisor))
      times.keyed.add(await Self.heard(at: call.customer, after: "66", of: supervisor))
      _ = await supervisor.press("4")
      await supervisor.hangUp()
    }
    return times
  }

  /// ns from the key to the supervisor's sound at that ear; nil if it didn't come.
  private static func heard(at ear: PhoneCall, after keys: String, of supervisor: PhoneCall) async -> Int64? {
    async let first = ear.firstSound(above: -35, within: 2_000)
    let pressed = await supervisor.press(keys)
    guard let first = await first else { return nil }
    return first - pressed
  }
}

/// The times of one kind of change. A plain value.
struct ChangeTime: Sendable {
  var latency = LatencyHistogram()
  var missed = 0

  mutating func add(from start: Int64, to end: Int64) { add(end - start) }

  /// - Parameter nanoseconds: nil if it never came.
  mutating func add(_ nanoseconds: Int64?) {
    guard let nanoseconds else {
      missed += 1
      return
    }
    latency.add(microseconds: Int(nanoseconds / 1_000))
  }

  func figure(_ id: String, _ figure: String) -> BenchFigure {
    let median = latency.median ?? .infinity
    let measured =
      latency.count == 0
      ? "never"
      : "median \(Bench.text(median, 1)) ms, p95 \(Bench.text(latency.percentile(0.95) ?? 0, 1)), "
        + "p99 \(Bench.text(latency.percentile(0.99) ?? 0, 1)) (\(latency.count) times, \(missed) missed)"
    return BenchFigure(
      id: "time-\(id)", figure: figure, must: "< 60 ms", measured: measured,
      isMet: latency.count > 0 && missed == 0 && (latency.percentile(0.95) ?? .infinity) < 60, value: median)
  }
}

struct ChangeTimes: Sendable {
  var joined = ChangeTime()
  var answered = ChangeTime()
  var keyed = ChangeTime()

  mutating func merge(_ other: ChangeTimes) {
    joined.merge(other.joined)
    answered.merge(other.answered)
    keyed.merge(other.keyed)
  }
}

extension ChangeTime {
  fileprivate mutating func merge(_ other: ChangeTime) {
    latency.merge(other.latency)
    missed += other.missed
  }
}
