import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// What each ear hears, over real SIP and RTP: a tone each, so what is heard is told by its pitch.
@Suite("M1–M8 supervision over real phones", .serialized, .timeLimit(.minutes(3)))
struct SupervisionScenarios {
  private typealias Tone = Floor.Tone

  /// The tones at customer, agent and supervisor.
  private func ears(_ floor: Floor, _ calls: PhoneCall...) async -> [Set<Double>] {
    await withTaskGroup { group in
      for (index, call) in calls.enumerated() {
        group.addTask { (index, await floor.ear(call).tones(of: Array(Tone.all))) }
      }
      var heard = Array(repeating: Set<Double>(), count: calls.count)
      for await (index, tones) in group { heard[index] = tones }
      return heard
    }
  }

  private func mode(_ floor: Floor, _ mode: SupervisionMode) async throws {
    _ = try await floor.call { $0.sessions.contains { $0.mode == mode.rawValue && $0.phase == "live" } }
  }

  @Test("M1 M2 M3 M4 M8 a supervisor dials in, and switches by keys: tones at every ear")
  func dialIn() async throws {
    var heard: [Set<Double>] = []
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    heard = await ears(floor, customer, agent)
    #expect(heard == [[Tone.agent], [Tone.customer]])

    let supervisor = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    heard = await ears(floor, customer, agent, supervisor)
    #expect(heard == [[Tone.agent], [Tone.customer], [Tone.customer, Tone.agent]], "listen")

    await supervisor.press("5")
    try await mode(floor, .whisper)
    heard = await ears(floor, customer, agent, supervisor)
    #expect(
      heard == [[Tone.agent], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent]], "whisper")

    await supervisor.press("66")
    try await mode(floor, .barge)
    heard = await ears(floor, customer, agent, supervisor)
    #expect(
      heard == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ],
      "barge")

    await supervisor.press("4")
    try await mode(floor, .listen)
    heard = await ears(floor, customer, agent, supervisor)
    #expect(heard == [[Tone.agent], [Tone.customer], [Tone.customer, Tone.agent]], "listen again")

    await supervisor.press("77")
    try await mode(floor, .takeover)
    let farewell = await agent.ended()
    #expect(farewell.isByPeer && farewell.reason?.text.contains("taken over") == true)
    heard = await ears(floor, customer, supervisor)
    #expect(heard == [[Tone.supervisor], [Tone.customer]], "takeover")

    await supervisor.hangUp()
    #expect(await customer.ended().isByPeer)
    _ = try await floor.entry { $0.action == "closed" }
    let story = try await floor.client().audit().entries.map(\.action)
    #expect(
      story.filter { $0 != "started" }.reversed() == [
        "opened", "mode-changed", "mode-changed", "mode-changed", "mode-changed", "agent-released", "closed",
      ])
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("M8 M5 Earshot dials the supervisor's phone; REST switches and ends; the calls' streams stay whole")
  func dialOut() async throws {
    var heard: [Set<Double>] = []
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await sue.setAnswering(.automatic, saying: .tone(Tone.supervisor))
    let (customer, agent) = try await floor.connect(agent: anna)
    let call = try await floor.call { $0.phase == "answered" }
    let client = floor.client()
    await customer.resetObservation()
    await agent.resetObservation()

    let session = try await client.supervise(call.id, .init(mode: .whisper, sip: "sue"))
    let phone = try #require(await sue.nextCall())
    try await mode(floor, .whisper)
    heard = await ears(floor, customer, agent, phone)
    #expect(heard[1] == [Tone.customer, Tone.supervisor])
    for mode in [SupervisionMode.barge, .listen, .whisper, .listen, .barge] {
      _ = try await client.changeMode(of: session.id, to: mode)
    }
    heard = await ears(floor, customer)
    #expect(heard[0] == [Tone.agent, Tone.supervisor])
    try await client.end(session.id)
    #expect(await phone.ended().isByPeer)
    heard = await ears(floor, customer, agent)
    #expect(heard == [[Tone.agent], [Tone.customer]])

    for (name, leg) in [("customer", customer), ("agent", agent)] {
      let seen = await leg.observation()
      #expect(seen.isContinuous, "\(name): \(seen)")
    }
    await customer.hangUp()
    #expect(await agent.ended().isByPeer)
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "M1 M2 U4 not one sample of a listening or whispering supervisor reaches the customer, and the audit proves it"
  )
  func proof() async throws {
    var recording = PhoneCallSettings()
    recording.endpoint.packetsKept = 200
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna, settings: recording)
    let supervisor = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    _ = await ears(floor, agent)
    // Exact: what the customer got is, byte by byte, what the agent sent.
    let sent = await agent.packets().sent.map(\.payload)
    let got = await customer.packets().received.map(\.payload)
    let tail = Array(got.suffix(10))
    #expect(tail.count == 10 && sent.indices.contains { Array(sent[$0...].prefix(10)) == tail })
    await supervisor.hangUp()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    let closing = try await floor.entry { $0.action == "closed" }
    let proof = closing.proof
    #expect(proof.first { $0.listener == "customer" }?.samples == 0)
    #expect((proof.first { $0.listener == "agent" }?.samples ?? 0) > 1_600)
    await floor.stop()
  }

  @Test("M6 two supervisors, each in a mode of his own; neither hears the other's whisper")
  func two() async throws {
    var heard: [Set<Double>] = []
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let tom = try await floor.phone("tom")
    let (customer, agent) = try await floor.connect(agent: anna)
    let first = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    let second = try await tom.connect("*31anna", saying: .tone(Tone.second))
    _ = await second.firstSound()
    heard = await ears(floor, customer, agent, first, second)
    #expect(
      heard == [
        [Tone.agent], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
        [Tone.customer, Tone.agent],
      ])
    await second.press("66")
    try await mode(floor, .barge)
    heard = await ears(floor, customer, agent, first, second)
    #expect(
      heard == [
        [Tone.agent, Tone.second], [Tone.customer, Tone.supervisor, Tone.second],
        [Tone.customer, Tone.agent, Tone.second], [Tone.customer, Tone.agent],
      ])
    await customer.hangUp()
    for call in [agent, first, second] { #expect(await call.ended().isByPeer) }
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "M4 takeover with the agent kept: he hears both, nobody hears him; leaving gives him the customer back")
  func takeoverKeepsAgent() async throws {
    var heard: [Set<Double>] = []
    let floor = try await Floor(.init(policy: "agentAfterTakeover: 'listen'"))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    await customer.resetObservation()
    await supervisor.press("77")
    try await mode(floor, .takeover)
    heard = await ears(floor, customer, agent, supervisor)
    #expect(
      heard == [
        [Tone.supervisor], [Tone.customer, Tone.supervisor], [Tone.customer],
      ])
    let seen = await customer.observation()
    #expect(seen.sourceChanges == 0 && seen.lost == 0 && seen.duplicates == 0 && seen.timestampBreaks == 0)
    #expect(seen.longestGap < 60_000_000, "a gap of \(seen.longestGap / 1_000_000) ms at the customer")
    await supervisor.press("*")
    #expect(await supervisor.ended().isByPeer)
    heard = await ears(floor, customer, agent)
    #expect(heard == [[Tone.agent], [Tone.customer]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "S2 hold by the agent: the customer hears the hold sound, the supervisor the agent; the session says who can't hear"
  )
  func agentHolds() async throws {
    var heard: [Set<Double>] = []
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    // His own tone is a note of the hold sound, too.
    await customer.say(.tone(Tone.second))
    try await agent.hold()
    let held = try await floor.call { !$0.heldBy.isEmpty }
    #expect(held.sessions.first?.targetCanHear == false && held.sessions.first?.phase == "live")
    let atCustomer = await floor.ear(customer, milliseconds: 2_500)
    #expect(
      atCustomer.lacks(tone: Tone.agent) && atCustomer.lacks(tone: Tone.supervisor) && atCustomer.peak > -45)
    let atSupervisor = await floor.ear(supervisor)
    #expect(atSupervisor.lacks(tone: Tone.second), "what a held customer says is for nobody")
    await customer.say(.tone(Tone.customer))
    try await agent.unhold()
    _ = try await floor.call { $0.heldBy.isEmpty }
    heard = await ears(floor, customer, agent, supervisor)
    #expect(
      heard == [
        [Tone.agent], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("S2 hold by the customer: a whisper still reaches the agent, and the supervisor hears him")
  func customerHolds() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    try await customer.hold(.inactive)
    _ = try await floor.call { !$0.heldBy.isEmpty && $0.sessions.first?.targetCanHear == true }
    #expect(await floor.ear(agent).contains(tone: Tone.supervisor, within: 6))
    #expect(await floor.ear(supervisor).contains(tone: Tone.agent, within: 6))
    await supervisor.hangUp()
    await agent.hangUp()
    #expect(await customer.ended().isByPeer)
    try await floor.expectNothingLeft()
    await floor.stop()
  }
}
