import Phones

/// What happens when half as many calls again are wanted as a core carries (X5).
extension Bench {
  func overload() async throws -> [BenchFigure] {
    note("a server that sheds at 75 and 90 %; calls, each listened to, until it does, and half as many again")
    return try await run.fresh(.init(sheddingSupervision: 75, sheddingCalls: 90)) { try await $0.shedding() }
  }

  private func shedding() async throws -> [BenchFigure] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    var reading = quiet
    reading.readsMarks = true
    let old = try await floor.calls(40, customer: quiet, agent: reading)
    var calls = old
    for call in old { await call.customer.say(.marks) }
    var supervisors = try await floor.supervise(old, code: "*31", password: password, settings: quiet)
    for call in old {
      await call.agent.resetObservation()
      await call.customer.resetObservation()
    }
    var (refusedSupervision, refusedCalls, callsAtShedding, limit) = (0, 0, 0, Int.max)
    var offered = old.count
    while offered < min(limit, 3_000) {
      offered += 10
      for _ in 0..<10 {
        do {
          let call = try await floor.calls(1, customer: quiet, agent: quiet)[0]
          await call.customer.say(.clip(.babble, from: offered * 97))
          await call.agent.say(.clip(.babble, from: offered * 61))
          calls.append(call)
          do {
            supervisors += try await floor.supervise([call], code: "*31", password: password, settings: quiet)
          } catch let refusal as PhoneRefusal where refusal.status == 503 {
            if refusedSupervision == 0 { callsAtShedding = calls.count }
            refusedSupervision += 1
          }
        } catch let refusal as PhoneRefusal where refusal.status == 503 {
          if refusedCalls == 0 { limit = offered * 3 / 2 }
          refusedCalls += 1
        }
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    var (packets, faults) = (0, 0)
    var latency = LatencyHistogram()
    for call in old {
      for party in [call.agent, call.customer] {
        let seen = await party.observation()
        packets += seen.packets
        faults += seen.lost + seen.duplicates
      }
      latency.merge(await call.agent.observation().latency)
    }
    let ended = old.count { $0.customer.state.phase != .answered }
    let measured =
      "supervision from the \(callsAtShedding)th call on (\(refusedSupervision) refused), calls from the \(calls.count)th "
      + "(\(refusedCalls) refused); the first 40: \(ended) ended, \(faults) packets lost or doubled of \(packets), "
      + "p99 \(Self.text(latency.percentile(0.99) ?? .infinity, 1)) ms"
    note(measured)
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    let isMet =
      refusedSupervision > 0 && refusedCalls > 0 && callsAtShedding <= calls.count && ended == 0
      && Double(faults) < Double(packets) / 1_000
    return [
      BenchFigure(
        id: "overload", figure: "150 % load: what is refused, and what the calls that were there notice",
        must: "supervision first, then calls; the others untouched", measured: measured, isMet: isMet)
    ]
  }
}
