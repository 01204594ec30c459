import Phones

/// Whether a second worker carries as much as the first.
extension Bench {
  /// Both servers carry the same calls one after the other. What a call costs must not grow with the number of workers:
  /// then each core carries what the first does. (Two cores full of calls would leave none for the load.)
  func twoWorkers() async throws -> [BenchFigure] {
    note("the same calls on one worker and on two")
    let one = try await run.fresh { try await $0.cost() }
    let two = try await run.fresh(.init(workers: 2)) { try await $0.cost() }
    return [
      BenchFigure(
        id: "workers", figure: "CPU per call, \(settings.calls) calls all listened to: one worker, then two",
        must: "equal within 15 %: calls a machine nearly double",
        measured: "\(Self.text(one, 3)) → \(Self.text(two, 3)) CPU-s per call-minute",
        isMet: two <= one * 1.15, value: two / one)
    ]
  }

  private func cost() async throws -> Double {
    var quiet = EndpointSettings()
    quiet.memory = 0
    let calls = try await floor.calls(settings.calls, customer: quiet, agent: quiet)
    for (index, call) in calls.enumerated() {
      await call.customer.say(.clip(.babble, from: index * 97))
      await call.agent.say(.clip(.babble, from: index * 61))
    }
    let supervisors = try await floor.supervise(calls, code: "*31", password: password, settings: quiet)
    try await Task.sleep(for: .seconds(2))
    let clock = ContinuousClock()
    let start = clock.now
    let before = try server.usage()
    try await Task.sleep(for: .seconds(settings.window))
    let used = try server.usage() - before
    let minutes = (clock.now - start) / .seconds(60)
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    return used / (Double(settings.calls) * minutes)
  }
}
