import API
import Phones
import Supervision
import TestKit
import Testing

/// Calls that become one, where an agent or a supervisor is at a page: its sound goes by a port of its worker, so both
/// calls have to be there.
@Suite("S2 S6 W3 attended transfers to and with pages", .serialized, .timeLimit(.minutes(4)))
struct BrowserTransferScenarios {
  private typealias Tone = Floor.Tone

  @Test(
    "S2 W3 a phone's agent asks one at a page and hands the customer over: tones at both ends, and hold still works"
  )
  func page() async throws {
    let floor = try await Floor(.init(media: "workers: 2"))
    let anna = try await floor.phone("anna")
    let ben = try await floor.browser(as: "ben", saying: Tone.second)
    let (customer, agent) = try await floor.connect(agent: anna)
    try await agent.hold()
    let asking = try await anna.call("ben", saying: .tone(Tone.agent))
    try await ben.click("[data-test=answer]")
    try await asking.answered()
    _ = await asking.firstSound()
    #expect(await floor.ears(asking) == [[Tone.second]])
    #expect(try await ben.hears([Tone.agent, Tone.customer]) == [Tone.agent])
    await customer.resetObservation()
    #expect(await agent.transfer(into: asking) == 200)
    #expect(await agent.ended().isByPeer)
    #expect(await asking.ended().isByPeer)
    let call = try await floor.call { $0.agents == ["ben"] && $0.transfers.map(\.kind) == ["attended"] }
    #expect(call.participants.contains { $0.role == "customer" })
    #expect(await floor.ears(customer) == [[Tone.second]])
    #expect(try await ben.hears([Tone.agent, Tone.customer]) == [Tone.customer])
    let seen = await customer.observation()
    #expect(seen.lost == 0 && seen.sourceChanges == 0, "\(seen)")
    // The page's leg is negotiated where it is now.
    try await ben.click("[data-test=hold]")
    _ = try await floor.call { !$0.heldBy.isEmpty }
    #expect(await floor.ear(customer, milliseconds: 2_500).lacks(tone: Tone.second), "on hold")
    try await ben.click("[data-test=hold]")
    _ = try await floor.call { $0.heldBy.isEmpty }
    #expect(await floor.ears(customer) == [[Tone.second]])
    try await ben.click("[data-test=hang-up]")
    #expect(await customer.ended().isByPeer)
    try await ben.see("[data-test=no-call]")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "S6 W1 by the policy 'agent' a supervisor at a page goes with his agent, with a closed voice, and speaks again there"
  )
  func follower() async throws {
    let floor = try await Floor(.init(policy: "afterTransfer: 'agent'", media: "workers: 2"))
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    await ben.setAnswering(.automatic, saying: .tone(Tone.second))
    let (customer, agent) = try await floor.connect(agent: anna)
    let asking = try await anna.connect("ben", saying: .tone(Tone.agent))
    let asked = try #require(await ben.nextCall())
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    let second = try await floor.call { $0.agents.contains("ben") }
    try await sue.click("[data-call='\(second.id)'] [data-test=listen]")
    try await sue.see("[data-test=leave]")
    try await sue.choose(.whisper)
    try await floor.live(.whisper, by: "sue")
    #expect(
      try await sue.hears([Tone.agent, Tone.second, Tone.customer]) == [Tone.agent, Tone.second])
    #expect(await agent.transfer(into: asking) == 200)
    _ = try await floor.entry { $0.action == "opened" && $0.outcome.hasPrefix("followed Ben") }
    _ = try await floor.call { $0.agents == ["ben"] && $0.sessions.contains { $0.phase == "live" } }
    #expect(
      try await sue.hears([Tone.agent, Tone.second, Tone.customer]) == [Tone.customer, Tone.second])
    #expect(await floor.ears(customer, asked) == [[Tone.second], [Tone.customer]], "his voice is closed")
    try await sue.see("[data-test=mode-whisper][aria-pressed=true]")
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    _ = await asked.firstSound()
    #expect(await floor.ears(customer, asked) == [[Tone.second], [Tone.customer, Tone.supervisor]])
    try await sue.release("Space")
    try await floor.talks(false, by: "sue")
    await customer.hangUp()
    try await sue.see("[data-test=ending]")
    _ = try await floor.entry { $0.action == "closed" && $0.outcome.contains("where it goes on") }
    _ = try await floor.entry { $0.action == "closed" && $0.outcome.contains("the call ended") }
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
