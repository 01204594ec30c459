import Foundation
import Phones

/// What a call takes of memory, and what is left after many: signalling with media legs, without sound.
extension Bench {
  func memory() async throws -> [BenchFigure] {
    [
      try await slope("plain", "memory per call, plain", must: 100, supervised: false),
      try await slope("supervised", "memory per call, supervised", must: 160, supervised: true),
    ]
  }

  private static var mute: EndpointSettings {
    var settings = EndpointSettings()
    settings.memory = 0
    settings.isMute = true
    settings.sendsReports = false
    return settings
  }

  private func slope(
    _ id: String, _ figure: String, must: Double, supervised: Bool
  ) async throws -> BenchFigure {
    var calls: [BenchFloor.Call] = []
    var supervisors: [PhoneCall] = []
    var points: [Plot.Point] = []
    for count in settings.memorySteps {
      let more = try await floor.calls(count - calls.count, customer: Self.mute, agent: Self.mute)
      calls += more
      if supervised {
        supervisors += try await floor.supervise(more, code: "*31", password: password, settings: Self.mute)
      }
      try await Task.sleep(for: .seconds(2))
      guard let bytes = server.residentBytes else { throw BenchError("the server's memory can't be read") }
      points.append(.init(x: Double(count), y: bytes / 1_048_576))
      note("\(count) calls\(supervised ? ", each listened to" : ""): \(Self.text(bytes / 1_048_576, 1)) MiB")
    }
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    guard let low = points.dropFirst().first, let high = points.last, high.x > low.x else {
      throw BenchError("fewer than three steps")
    }
    let kilobytes = (high.y - low.y) * 1_048_576 / (high.x - low.x) / 1_000
    return BenchFigure(
      id: "memory-\(id)", figure: "\(figure), slope from \(Int(low.x)) to \(Int(high.x)) calls",
      must: "< \(Int(must)) kB", measured: "\(Self.text(kilobytes, 0)) kB", isMet: kilobytes < must,
      value: kilobytes,
      plot: Plot(
        title: figure, xLabel: "calls at once", yLabel: "MiB resident",
        lines: [.init(name: supervised ? "all listened to" : "plain", points: points)], must: nil))
  }

  /// Many calls one after another, at a steady rate: none fails, and as much memory as before is in use afterwards.
  func soak() async throws -> [BenchFigure] {
    var figures = [try await rate()]
    let (rounds, changes) = (settings.soakCalls / 2, settings.soakChanges)
    note("\(settings.soakCalls) calls in two rounds")
    _ = try await burst(min(rounds, 2_000))
    _ = try await burst(rounds)
    let first = await afterwards()
    _ = try await burst(rounds)
    let second = await afterwards()
    let grown = (second.heap - first.heap) / Double(rounds)
    figures.append(
      BenchFigure(
        id: "soak-calls", figure: "\(settings.soakCalls) calls, one after another: what is left",
        must: "nothing, and as much memory after the second half as after the first",
        measured:
          "\(Int(second.objects)) live objects; heap \(Self.text(first.heap / 1_048_576, 2)) → \(Self.text(second.heap / 1_048_576, 2)) MiB "
          + "(\(Self.text(grown, 1)) bytes a call), resident \(Self.text(first.resident / 1_048_576, 1)) → \(Self.text(second.resident / 1_048_576, 1)) MiB, "
          + "descriptors \(first.descriptors) → \(second.descriptors)",
        isMet: second.objects == 0 && grown < 16 && second.descriptors <= first.descriptors, value: grown))
    figures.append(try await attaching(changes))
    return figures
  }

  /// 100 new calls a second for a minute.
  private func rate() async throws -> BenchFigure {
    let (perSecond, seconds) = (100, settings.rateSeconds)
    note("\(perSecond) new calls a second for \(seconds) s")
    let clock = ContinuousClock()
    let start = clock.now
    var failed = 0
    var calls: [BenchFloor.Call] = []
    for second in 0..<seconds {
      do {
        calls += try await floor.calls(perSecond, customer: Self.mute, agent: Self.mute)
      } catch {
        failed += 1
      }
      // 2,000 at once; those of twenty seconds ago go.
      if calls.count > 2_000 - perSecond {
        try await floor.hangUp(calls.prefix(perSecond).map(\.customer))
        calls.removeFirst(perSecond)
      }
      try await Task.sleep(until: start + .seconds(second + 1))
    }
    let took = (clock.now - start) / .seconds(1)
    try await floor.hangUp(calls.map(\.customer))
    let reached = Double(perSecond * seconds) / took
    return BenchFigure(
      id: "soak-rate", figure: "\(perSecond) new calls a second for \(seconds) s, up to 2,000 at once",
      must: "none failed", measured: "\(failed) failed, \(Self.text(reached, 0)) a second",
      isMet: failed == 0 && reached > Double(perSecond) * 0.95, value: reached)
  }

  private func burst(_ count: Int) async throws -> Int {
    var left = count
    while left > 0 {
      let calls = try await floor.calls(min(left, 200), customer: Self.mute, agent: Self.mute)
      try await floor.hangUp(calls.map(\.customer))
      left -= calls.count
    }
    return count
  }

  private struct Remains {
    var objects = 0.0
    /// Bytes.
    var heap = 0.0
    var resident = 0.0
    var descriptors = 0
  }

  private func afterwards() async -> Remains {
    let names = [
      "earshot_calls", "earshot_supervisions", "earshot_sip_legs", "earshot_media_legs",
      "earshot_media_sockets",
      "earshot_media_timers",
    ]
    var remains = Remains()
    // Transactions of SIP end by timers of their own, 32 s after the last BYE (RFC 3261 section 17).
    for _ in 0..<40 {
      remains.objects = 0
      for name in names { remains.objects += await server.counter(name + " ") ?? 0 }
      try? await Task.sleep(for: .seconds(1))
    }
    remains.heap = await server.counter("earshot_heap_bytes ") ?? 0
    remains.resident = server.residentBytes ?? 0
    remains.descriptors = server.descriptors
    return remains
  }

  /// Supervisors come and go on calls that stay: flat in CPU, memory and descriptors.
  private func attaching(_ count: Int) async throws -> BenchFigure {
    note("\(count) supervisors come and go")
    let calls = try await floor.calls(20, customer: Self.mute, agent: Self.mute)
    func round(_ times: Int) async throws -> (cpu: Double, heap: Double, descriptors: Int) {
      let before = try server.usage()
      for _ in 0..<max(times / calls.count, 1) {
        let supervisors = try await floor.supervise(
          calls, code: "*31", password: password, settings: Self.mute)
        try await floor.hangUp(supervisors)
      }
      let used = try server.usage() - before
      try await Task.sleep(for: .seconds(35))
      return (used, await server.counter("earshot_heap_bytes ") ?? 0, server.descriptors)
    }
    _ = try await round(count / 10)
    let first = try await round(count / 2)
    let second = try await round(count / 2)
    try await floor.hangUp(calls.map(\.customer))
    let grown = (second.heap - first.heap) / Double(max(count / 2, 1))
    return BenchFigure(
      id: "soak-attach", figure: "\(count) attaches and detaches: second half against the first",
      must: "flat CPU, memory, descriptors",
      measured:
        "CPU \(Self.text(first.cpu, 1)) → \(Self.text(second.cpu, 1)) s, heap \(Self.text(grown, 1)) bytes more each, "
        + "descriptors \(first.descriptors) → \(second.descriptors)",
      isMet: second.cpu < first.cpu * 1.25 && grown < 64 && second.descriptors <= first.descriptors,
      value: grown)
  }
}
