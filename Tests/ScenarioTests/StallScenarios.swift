import Foundation
import Phones
import TestKit
import Testing

/// A supervisor whose network or microphone fails: he never delays or blocks anybody.
@Suite("M2 S3 stalls, silence and the end", .serialized, .timeLimit(.minutes(3)))
struct StallScenarios {
  private typealias Tone = Floor.Tone

  /// Times from a supervisor's frame leaving to its sound at the agent's ear, over `milliseconds`.
  private func whisperLatency(_ agent: PhoneCall, milliseconds: Int) async -> LatencyHistogram {
    await agent.resetObservation()
    _ = await agent.hear(milliseconds: milliseconds)
    return await agent.observation().latency
  }

  @Test("M2 a whisper that stalled for 160 ms and came in a burst is back at its old latency within 5 s")
  func stall() async throws {
    var reading = PhoneCallSettings()
    reading.endpoint.readsMarks = true
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await anna.setAnswering(.automatic, settings: reading)
    let customer = try await floor.customer().connect("anna")
    let agent = try #require(await anna.nextCall())
    await agent.wait(for: .answered)
    let supervisor = try await sue.connect("*32anna", saying: .marks)
    _ = await agent.firstSound()
    _ = await agent.hear(milliseconds: 2_000)
    let before = try #require(await whisperLatency(agent, milliseconds: 2_000).median)
    #expect(before < 40, "\(before) ms before the stall")
    var after: [Double] = []
    for _ in 0..<3 {
      await supervisor.stall(milliseconds: 160)
      let burst = await whisperLatency(agent, milliseconds: 600)
      // The stall has been there: it is seen in the worst frame, whatever the queue makes of the others.
      #expect(
        Double(burst.greatest) / 1_000 > before + 15,
        "\(burst.greatest) µs in the burst, \(before) ms before")
      // 600 ms of the five seconds are over; measured is what follows them.
      _ = await agent.hear(milliseconds: 4_400)
      after.append(try #require(await whisperLatency(agent, milliseconds: 1_000).median))
    }
    // A voice that comes at the very edge of the agent's packet just catches it or waits for the next one: both are the
    // latency of a queue that is empty, and 23 ms is what the benchmark asks of 95 in 100. One of three may have met a
    // stall of the machine too; in virtual time it is tried without any (`PlayoutQueueTests`).
    #expect(after.sorted()[1] < max(before + 5, 23), "\(after) ms after the stalls, \(before) ms before them")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("M2 a supervisor who drops out or sends nothing delays no packet of customer or agent")
  func dropOut() async throws {
    var reading = PhoneCallSettings()
    reading.endpoint.readsMarks = true
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    let sue = try await floor.phone("sue")
    // Two agents on one bank, so that marks are timed from one to the other through Earshot.
    await ben.setAnswering(.automatic, saying: .marks, settings: reading)
    let caller = try await anna.connect("ben", saying: .marks, settings: reading)
    let called = try #require(await ben.nextCall())
    await called.wait(for: .answered)
    let supervisor = try await sue.connect("*33ben")
    _ = await supervisor.firstSound()
    await supervisor.stall(milliseconds: 60_000)
    for ear in [caller, called] { await ear.resetObservation() }
    _ = await called.hear(milliseconds: 2_000)
    for ear in [caller, called] {
      let seen = await ear.observation()
      #expect(seen.isContinuous && seen.marksMissing == 0 && seen.marksOutOfOrder == 0, "\(seen)")
      #expect(seen.packets >= 90 && (seen.latency.median ?? .infinity) < 10)
    }
    await caller.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  enum Party: String, CaseIterable { case customer, agent, supervisor }

  /// How long after a hang-up the last of the other legs got its BYE.
  private func farewell(_ leaver: PhoneCall, _ others: [PhoneCall]) async -> Duration {
    await withTaskGroup(of: ContinuousClock.Instant.self) { group in
      for call in others {
        group.addTask {
          #expect(await call.ended().isByPeer)
          return .now
        }
      }
      let start = ContinuousClock.now
      await leaver.hangUp()
      var last = start
      for await end in group { last = max(last, end) }
      return last - start
    }
  }

  @Test(
    "S1 S3 any party's hang-up ends the others' legs within 50 ms, a silent supervisor or not",
    arguments: Party.allCases)
  func hangUp(by party: Party) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    var times: [Duration] = []
    for round in 0..<5 {
      let (customer, agent) = try await floor.connect(agent: anna)
      // Whoever takes over ends the call with his own leg; a listener's end is his own affair.
      let supervisor = try await sue.connect(party == .supervisor ? "*34anna" : "*32anna")
      if party == .supervisor { #expect(await agent.ended().isByPeer) }
      // Muted: his phone sends no packet at all.
      if round % 2 == 0 { await supervisor.stall(milliseconds: 60_000) }
      _ = await supervisor.hear(milliseconds: 100)
      let time =
        switch party {
        case .customer: await farewell(customer, [agent, supervisor])
        case .agent: await farewell(agent, [customer, supervisor])
        case .supervisor: await farewell(supervisor, [customer])
        }
      times.append(time)
      try await floor.expectNothingLeft()
    }
    // One of five may have waited for a busy machine.
    #expect(times.sorted()[3] < .milliseconds(50), "\(times)")
    await floor.stop()
  }
}
