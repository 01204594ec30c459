import Phones

/// How calls and their supervision cost as they grow in number, and how many a core carries.
extension Bench {
  /// One number of calls, measured.
  private struct Step {
    var calls = 0
    /// CPU-seconds of the server per call and minute, and the share of a core.
    var cost = 0.0
    var load = 0.0
    /// Per cent of the packets to all parties.
    var loss = 0.0
    /// Customer → agent, and agent → supervisor.
    var relayed = LatencyHistogram()
    var heard = LatencyHistogram()
    /// ms that the generator itself was late at the 99th percentile.
    var late = 0.0
    /// Per cent of the machine's time that its host gave to others.
    var stolen = 0.0

    var spread: Double { (relayed.percentile(0.99) ?? .infinity) - (relayed.median ?? 0) }
    var isCarried: Bool { loss < 0.1 && spread < 10 }

    var text: String {
      "\(calls) calls: \(Bench.text(cost, 3)) CPU-s per call-minute, \(Bench.text(load * 100, 0)) % of a core, "
        + "\(Bench.text(loss, 3)) % lost, call legs p99 − p50 \(Bench.text(spread, 1)) ms"
        + (late > Bench.tolerableLateness ? " (the load itself \(Bench.text(late, 1)) ms late)" : "")
        + Bench.stolen(stolen)
    }
  }

  func capacity() async throws -> [BenchFigure] {
    let plain = try await run.fresh { try await $0.climb(listened: false) }
    let listened = try await run.fresh { try await $0.climb(listened: true) }
    return figures(plain, listened)
  }

  /// Calls are added step by step, and measured at each.
  private func climb(listened: Bool) async throws -> [Step] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    var reading = quiet
    reading.readsMarks = true
    // Of these the customer is timed to the agent, of as many others the agent to the supervisor.
    let timed = min(40, settings.capacitySteps[0] / 2)
    var calls: [BenchFloor.Call] = []
    var supervisors: [PhoneCall] = []
    var steps: [Step] = []
    note(listened ? "calls that are all listened to, more and more" : "plain calls, more and more")
    for count in settings.capacitySteps {
      // The first step's are timed; the others' marks would only cost the generator time.
      let ear = calls.isEmpty ? reading : quiet
      let more = try await floor.calls(count - calls.count, customer: quiet, agent: ear)
      for (offset, call) in more.enumerated() {
        let index = calls.count + offset
        switch index {
        case ..<timed: await call.customer.say(.marks)
        // Quiet enough that marks can be read through it.
        case ..<(2 * timed): await call.customer.say(.tone(440, level: -50))
        default: await call.customer.say(.clip(.babble, from: index * 97))
        }
        await call.agent.say(
          index < 2 * timed ? (index < timed ? .silence : .marks) : .clip(.babble, from: index * 61))
      }
      if listened {
        supervisors += try await floor.supervise(more, code: "*31", password: password, settings: ear)
      }
      calls += more
      let step = try await measure(calls, supervisors, timed: timed)
      note(step.text)
      steps.append(step)
      if listened, !step.isCarried { break }
    }
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    return steps
  }

  private func measure(
    _ calls: [BenchFloor.Call], _ supervisors: [PhoneCall], timed: Int
  ) async throws -> Step {
    // What setting up has left to be done is not the calls'.
    try await Task.sleep(for: .seconds(2))
    let parties = calls.flatMap { [$0.customer, $0.agent] } + supervisors
    for party in parties { await party.resetObservation() }
    await media.resetLateness()
    let clock = ContinuousClock()
    let start = clock.now
    let host = StolenTime.sinceStart
    let before = try server.usage()
    try await Task.sleep(for: .seconds(settings.window))
    let seconds = (clock.now - start) / .seconds(1)
    let used = try server.usage() - before
    var step = Step()
    step.calls = calls.count
    step.load = used / seconds
    step.cost = used / (Double(calls.count) * seconds / 60)
    step.stolen = StolenTime.sinceStart.share(since: host)
    step.late = await media.lateness.percentile(0.99) ?? 0
    var (packets, lost) = (0, 0)
    for party in parties {
      let seen = await party.observation()
      packets += seen.packets
      lost += seen.lost
    }
    step.loss = Double(lost) / Double(max(packets + lost, 1)) * 100
    for call in calls.prefix(timed) { step.relayed.merge(await call.agent.observation().latency) }
    for supervisor in supervisors.dropFirst(timed).prefix(timed) {
      step.heard.merge(await supervisor.observation().latency)
    }
    return step
  }

  private func figures(_ plain: [Step], _ listened: [Step]) -> [BenchFigure] {
    guard let most = plain.last, let first = plain.first, let least = listened.first else { return [] }
    let base = direct.median ?? 0
    let p99 = max((most.relayed.percentile(0.99) ?? .infinity) - base, 0)
    let isTimely = most.late <= Self.tolerableLateness
    let cost = Plot(
      title: "CPU per call as calls grow", xLabel: "calls at once", yLabel: "CPU-s per call-minute",
      lines: [
        .init(name: "plain", points: plain.map { .init(x: Double($0.calls), y: $0.cost) }),
        .init(name: "all listened to", points: listened.map { .init(x: Double($0.calls), y: $0.cost) }),
      ], must: 0.055)
    let latency = Plot(
      title: "Delay of a call's packets, customer → agent, all calls listened to", xLabel: "calls at once",
      yLabel: "ms added",
      lines: [
        .init(
          name: "median",
          points: listened.map { .init(x: Double($0.calls), y: max(($0.relayed.median ?? 0) - base, 0)) }),
        .init(
          name: "99th percentile",
          points: listened.map {
            .init(x: Double($0.calls), y: max(($0.relayed.percentile(0.99) ?? 0) - base, 0))
          }),
      ], must: nil)
    let carried = listened.last(where: \.isCarried)?.calls ?? 0
    let ended = listened.last.map { $0.isCarried ? "no more were tried" : "more: \($0.text)" } ?? ""
    let heard = least.heard
    return [
      BenchFigure(
        id: "capacity-plain", figure: "plain relay, \(most.calls) calls",
        must: "≤ 0.04 CPU-s per call-minute, p99 added < 5 ms, no loss",
        measured: "\(most.text); p99 added \(Self.text(p99, 2)) ms",
        isMet: most.cost <= 0.04 && p99 < 5 && most.loss == 0 && isTimely, value: most.cost, plot: cost),
      BenchFigure(
        id: "capacity-growth", figure: "growth of CPU per call, \(first.calls) → \(most.calls) calls, plain",
        must: "flat or falling", measured: "\(Self.text(first.cost, 3)) → \(Self.text(most.cost, 3))",
        isMet: most.cost <= first.cost * 1.05, value: most.cost / first.cost),
      BenchFigure(
        id: "capacity-core",
        figure: "calls on one core, all listened to, loss < 0.1 %, call legs p99 − p50 < 10 ms",
        must: "≥ 800",
        measured: "\(carried) (\(ended))", isMet: carried >= 800, value: Double(carried), plot: latency),
      BenchFigure(
        id: "capacity-heard", figure: "supervisor hears a call, \(least.calls) calls",
        must: "median ≤ 12 ms, p95 ≤ 22 ms",
        measured:
          "median \(Self.text((heard.median ?? .infinity) - base, 1)) ms, p95 \(Self.text((heard.percentile(0.95) ?? .infinity) - base, 1)) (\(heard.count) frames)",
        isMet: (heard.median ?? .infinity) - base <= 12 && (heard.percentile(0.95) ?? .infinity) - base <= 22,
        value: heard.median),
    ]
  }
}
