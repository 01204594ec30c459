import Foundation
import Phones

/// What is left after many calls and many joins: signalling with media legs, without sound.
extension Bench {
  /// Calls one after another: none fails, and as much memory as before is in use afterwards.
  func rounds() async throws -> [BenchFigure] {
    let round = settings.soakCalls / 2
    note("\(settings.soakCalls) calls in two rounds")
    try await burst(min(round, 2_000))
    try await burst(round)
    let first = await afterwards()
    try await burst(round)
    let second = await afterwards()
    let grown = (second.heap - first.heap) / Double(round)
    return [
      BenchFigure(
        id: "soak-calls", figure: "\(settings.soakCalls) calls, one after another: what is left",
        must: "nothing, and as much memory after the second half as after the first",
        measured:
          "\(Int(second.objects)) live objects; heap \(Self.text(first.heap / 1_048_576, 2)) → \(Self.text(second.heap / 1_048_576, 2)) MiB "
          + "(\(Self.text(grown, 1)) bytes a call), resident \(Self.text(first.resident / 1_048_576, 1)) → \(Self.text(second.resident / 1_048_576, 1)) MiB, "
          + "descriptors \(first.descriptors) → \(second.descriptors)",
        isMet: second.objects == 0 && grown < 16 && second.descriptors <= first.descriptors, value: grown)
    ]
  }

  /// 100 new calls a second for a minute.
  func rate() async throws -> [BenchFigure] {
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
    return [
      BenchFigure(
        id: "soak-rate", figure: "\(perSecond) new calls a second for \(seconds) s, up to 2,000 at once",
        must: "none failed", measured: "\(failed) failed, \(Self.text(reached, 0)) a second",
        isMet: failed == 0 && reached > Double(perSecond) * 0.95, value: reached)
    ]
  }

  private func burst(_ count: Int) async throws {
    var left = count
    while left > 0 {
      let calls = try await floor.calls(min(left, 200), customer: Self.mute, agent: Self.mute)
      try await floor.hangUp(calls.map(\.customer))
      left -= calls.count
      if left > 0, left % 10_000 == 0 { note("\(left) calls to go in this round") }
    }
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
    note(
      "\(Int(remains.objects)) live objects, heap \(Self.text(remains.heap / 1_048_576, 2)) MiB, "
        + "resident \(Self.text(remains.resident / 1_048_576, 1)) MiB, \(remains.descriptors) descriptors")
    return remains
  }

  /// Supervisors come and go on calls that stay, and whose agents hand them on while they are listened to: flat in CPU,
  /// memory and descriptors.
  func attaching() async throws -> [BenchFigure] {
    let count = settings.soakChanges
    note("\(count) supervisors come and go, with transfers in between")
    var transfers = 0
    func round(_ times: Int) async throws -> (cpu: Double, heap: Double, descriptors: Int) {
      let before = try server.usage()
      var calls = try await floor.calls(10, customer: Self.mute, agent: Self.mute)
      for cycle in 0..<max(times / calls.count, 1) {
        let supervisors = try await floor.supervise(
          calls, code: "*31", password: password, settings: Self.mute)
        if cycle % 5 == 4 {
          calls = try await floor.transfer(calls, agent: Self.mute)
          transfers += calls.count
        }
        // Whoever ended with his agent would need no hang-up.
        guard supervisors.allSatisfy({ $0.state.phase == .answered }) else {
          throw BenchError("a supervisor's leg has ended with a transfer")
        }
        try await floor.hangUp(supervisors)
      }
      try await floor.hangUp(calls.map(\.customer))
      let used = try server.usage() - before
      // Transactions of SIP end by timers of their own, 32 s after the last BYE (RFC 3261 section 17).
      try await Task.sleep(for: .seconds(35))
      let heap = await server.counter("earshot_heap_bytes ") ?? 0
      note(
        "\(times) came and went: \(Self.text(used, 1)) s of CPU, heap \(Self.text(heap / 1_048_576, 2)) MiB")
      return (used, heap, server.descriptors)
    }
    _ = try await round(count / 10)
    let first = try await round(count / 2)
    if count >= 10_000 {
      // Used nonces of digest are remembered for 300 s: those of the first round are to be gone in the second.
      note("five minutes until what the first half may have left is forgotten")
      try await Task.sleep(for: .seconds(300))
    }
    let second = try await round(count / 2)
    let grown = (second.heap - first.heap) / Double(max(count / 2, 1))
    return [
      BenchFigure(
        id: "soak-attach",
        figure:
          "\(count) attaches and detaches, \(transfers) transfers in between: second half against the first",
        must: "flat CPU, memory, descriptors",
        measured:
          "CPU \(Self.text(first.cpu, 1)) → \(Self.text(second.cpu, 1)) s, heap \(Self.text(grown, 1)) bytes more each, "
          + "descriptors \(first.descriptors) → \(second.descriptors)",
        isMet: second.cpu < first.cpu * 1.25 && grown < 64 && second.descriptors <= first.descriptors,
        value: grown)
    ]
  }
}
