import API
import Phones
import Supervision
import TestKit
import Testing

/// Calls that are transferred, over real SIP and RTP: who stays hears somebody else, and nothing else changes for him.
@Suite("S2 S6 transfers over real phones", .serialized, .timeLimit(.minutes(4)))
struct TransferScenarios {
  private typealias Tone = Floor.Tone

  /// What was measured at an ear that stayed, while somebody else took the place of the other.
  private func expectUnbroken(_ ear: PhoneCall, agreements: Int, _ comment: Comment) async {
    let seen = await ear.observation()
    #expect(
      seen.lost == 0 && seen.duplicates == 0 && seen.reordered == 0 && seen.sourceChanges == 0
        && seen.sequence.restarts == 0, "\(comment): \(seen)")
    // Where only the phone was kept waiting by a busy machine, the packets say by their timestamps that they were not.
    let packets = await ear.packets().received
    let gaps = zip(packets, packets.dropFirst()).map { a, b in
      min(Double(b.time - a.time) / 1e6, Double(b.header.timestamp &- a.header.timestamp) / 8)
    }
    #expect(packets.count > 20 && gaps.allSatisfy { $0 <= 60 }, "\(comment): a gap of \(gaps.max() ?? 0) ms")
    #expect(ear.state.agreements == agreements, "\(comment): it was renegotiated")
  }

  /// A phone's call whose packets are kept.
  private var kept: PhoneCallSettings {
    var settings = PhoneCallSettings()
    settings.endpoint.packetsKept = 5_000
    return settings
  }

  private func uri(_ user: String, _ floor: Floor) -> String { "sip:\(user)@\(floor.sip)" }

  /// Ben, who takes calls at once, in the tone of a second agent.
  private func ben(_ floor: Floor) async throws -> Phone {
    let ben = try await floor.phone("ben")
    await ben.setAnswering(.automatic, saying: .tone(Tone.second), settings: kept)
    return ben
  }

  /// Anna has the customer, and asks Ben by a call of her own.
  private func consult(_ floor: Floor) async throws -> (
    customer: PhoneCall, agent: PhoneCall, asking: PhoneCall, asked: PhoneCall
  ) {
    let anna = try await floor.phone("anna")
    let ben = try await ben(floor)
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let asking = try await anna.connect("ben", saying: .tone(Tone.agent))
    return (customer, agent, asking, try #require(await ben.nextCall()))
  }

  /// All that an ear hears from now on, until it is cancelled.
  private func listen(_ ear: PhoneCall) async -> Task<[Int16], Never> {
    let sound = await ear.sound()
    return Task {
      var heard: [Int16] = []
      for await piece in sound { heard += piece }
      return heard
    }
  }

  @Test(
    "S2 S6 U3 an agent transfers blind: the customer stays as he is, the supervisor follows him, in every mode",
    arguments: [SupervisionMode.listen, .whisper, .barge])
  func blind(mode: SupervisionMode) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let ben = try await ben(floor)
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let code = [SupervisionMode.listen: "*31", .whisper: "*32", .barge: "*33"][mode] ?? ""
    let supervisor = try await sue.connect(code + "anna", saying: .tone(Tone.supervisor))
    try await floor.live(mode, by: "sue")
    let spoken: Set<Double> = mode == .barge ? [Tone.supervisor] : []
    let whispered: Set<Double> = mode == .listen ? [] : [Tone.supervisor]
    #expect(
      await floor.ears(customer, agent, supervisor) == [
        spoken.union([Tone.agent]), whispered.union([Tone.customer]), [Tone.customer, Tone.agent],
      ], "before")
    let agreements = customer.state.agreements
    let heard = await listen(customer)
    for ear in [customer, supervisor] { await ear.resetObservation() }
    #expect(await agent.transfer(to: uri("ben", floor)) == 200)
    let end = await agent.ended()
    #expect(end.isByPeer && end.reason?.text == "Transferred to Ben")
    let second = try #require(await ben.nextCall())
    #expect(second.peer == "+49301234")
    _ = try await floor.entry { $0.action == "transferred" }
    #expect(
      await floor.ears(customer, second, supervisor) == [
        spoken.union([Tone.second]), whispered.union([Tone.customer]), [Tone.customer, Tone.second],
      ], "after")
    await expectUnbroken(customer, agreements: agreements, "customer")
    let call = try #require(try await floor.client().calls().first)
    #expect(
      call.agents == ["ben"] && call.transfers.map(\.kind) == ["blind"]
        && call.sessions.first?.phase == "live")
    #expect(call.participants.first { $0.id == call.sessions[0].target }?.address == "ben")
    await supervisor.hangUp()
    await customer.hangUp()
    heard.cancel()
    let all = Ear(await heard.value)
    #expect(all.samples.count > 4_000)
    if mode != .barge { #expect(all.lacks(tone: Tone.supervisor), "the customer never hears a supervisor") }
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 the customer's side transfers: the agent stays as he is")
  func byCustomer() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await ben(floor)
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let agreements = agent.state.agreements
    await agent.resetObservation()
    #expect(await customer.transfer(to: uri("ben", floor)) == 200)
    #expect(await customer.ended().isByPeer)
    let second = try #require(await ben.nextCall())
    await second.wait(for: .answered)
    #expect(await floor.ears(agent, second) == [[Tone.second], [Tone.agent]])
    await expectUnbroken(agent, agreements: agreements, "agent")
    await second.hangUp()
    #expect(await agent.ended().isByPeer)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 the target is busy, unknown, silent: the one who asked is told, and they talk on as before")
  func failed() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    await ben.setAnswering(.refuse(486))
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    for ear in [customer, agent] { await ear.resetObservation() }
    #expect(await agent.transfer(to: uri("ben", floor)) == 486)
    #expect(await agent.transfer(to: uri("nobody", floor)) == 404)
    #expect(await agent.transfer(to: uri("lea", floor)) == 480, "she isn't registered")
    #expect(await agent.transfer(to: uri("*31ben", floor)) == 404, "no way into supervision")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    for ear in [customer, agent] {
      await expectUnbroken(ear, agreements: ear.state.agreements, "\(ear.peer)")
    }
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "S2 S6 attended: the customer and the one who was asked meet, on whichever worker they were",
    arguments: [
      true, false,
    ])
  func attended(fromCustomersCall: Bool) async throws {
    let floor = try await Floor(.init(media: "workers: 2"))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let ben = try await ben(floor)
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let supervisor = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    try await floor.live(.listen, by: "sue")
    try await agent.hold()
    let asking = try await anna.connect("ben", saying: .tone(Tone.agent))
    let asked = try #require(await ben.nextCall())
    #expect(await floor.ears(asking, asked) == [[Tone.second], [Tone.agent]])
    let agreements = (customer.state.agreements, asked.state.agreements)
    for ear in [customer, asked] { await ear.resetObservation() }
    let status = await fromCustomersCall ? agent.transfer(into: asking) : asking.transfer(into: agent)
    #expect(status == 200)
    #expect(await agent.ended().isByPeer)
    #expect(await asking.ended().isByPeer)
    _ = try await floor.entry { $0.action == "transferred" }
    #expect(
      await floor.ears(customer, asked, supervisor) == [
        [Tone.second], [Tone.customer], [Tone.customer, Tone.second],
      ])
    await expectUnbroken(customer, agreements: agreements.0, "customer")
    await expectUnbroken(asked, agreements: agreements.1, "the one who was asked")
    let call = try #require(try await floor.client().calls().first)
    #expect(call.transfers.map(\.kind) == ["attended"] && call.agents == ["ben"])
    // The leg that has moved is negotiated where it is now.
    try await asked.hold()
    _ = try await floor.call { $0.heldBy == [$0.handler] }
    #expect(await floor.ears(customer)[0].isDisjoint(with: [Tone.second, Tone.supervisor]))
    try await asked.unhold()
    // The phone counts the pause as silence, until sound comes again.
    _ = await asked.firstSound()
    #expect(await floor.ears(customer, asked) == [[Tone.second], [Tone.customer]])
    await asked.hangUp()
    #expect(await customer.ended().isByPeer)
    #expect(await supervisor.ended().isByPeer)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "S6 by the policy 'agent' the supervisor of the one who was asked goes with him, on the phone that he has"
  )
  func follower() async throws {
    let floor = try await Floor(.init(policy: "afterTransfer: 'agent'", media: "workers: 2"))
    let sue = try await floor.phone("sue")
    let (customer, agent, asking, asked) = try await consult(floor)
    let supervisor = try await sue.connect("*32ben", saying: .tone(Tone.supervisor))
    try await floor.live(.whisper, by: "sue")
    #expect(
      await floor.ears(asked, supervisor) == [[Tone.agent, Tone.supervisor], [Tone.agent, Tone.second]])
    #expect(await agent.transfer(into: asking) == 200)
    _ = try await floor.entry { $0.action == "opened" && $0.outcome.hasPrefix("followed Ben") }
    _ = try await floor.call { $0.agents == ["ben"] && $0.sessions.contains { $0.phase == "live" } }
    #expect(
      await floor.ears(customer, asked, supervisor) == [
        [Tone.second], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.second],
      ])
    await supervisor.press("4")
    try await floor.live(.listen, by: "sue")
    #expect(await floor.ears(asked) == [[Tone.customer]])
    await customer.hangUp()
    #expect(await supervisor.ended().isByPeer)
    _ = try await floor.entry { $0.action == "closed" && $0.outcome.contains("where it goes on") }
    _ = try await floor.entry { $0.action == "closed" && $0.outcome.contains("the call ended") }
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S6 X1 at the terminal a supervision goes on where its agent goes")
  func terminal() async throws {
    let floor = try await Floor(.init(policy: "afterTransfer: 'agent'"))
    let sue = try await floor.phone("sue")
    let (customer, agent, asking, asked) = try await consult(floor)
    await sue.setAnswering(.automatic, saying: .tone(Tone.supervisor))
    let call = try await floor.call { $0.agents.contains("ben") }
    let terminal = try EarshotProcess(
      [
        "supervise", call.id, "--mode", "listen", "--target", "ben", "--device", "sue", "--server",
        "\(floor.api)",
      ],
      environment: ["EARSHOT_TOKEN": Floor.token(of: "sue")])
    let supervisor = try #require(await sue.nextCall())
    _ = try await terminal.line("listen: nobody hears you")
    #expect(await agent.transfer(into: asking) == 200)
    _ = try await terminal.line("the agent was taken into another call, and you with him")
    #expect(
      await floor.ears(customer, asked, supervisor) == [
        [Tone.second], [Tone.customer], [Tone.customer, Tone.second],
      ])
    await customer.hangUp()
    #expect(try await terminal.line("ended: ").contains("the call ended"))
    #expect(await terminal.exitStatus() == 0)
    let status = terminal.output.filter { $0.hasPrefix("listen: nobody hears you") }
    #expect(status.count == 2, "\(terminal.output)")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 I6 an INVITE with Replaces takes a party's place")
  func replaces() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let name = try #require(agent.state.dialog)
    let agreements = customer.state.agreements
    await customer.resetObservation()
    let taking = try await ben.connect(
      "anna",
      headers: [
        "Replaces: \(name.callID);to-tag=\(name.peerTag);from-tag=\(name.ownTag)", "Require: replaces",
      ],
      saying: .tone(Tone.second))
    #expect(await agent.ended().isByPeer)
    #expect(await floor.ears(customer, taking) == [[Tone.second], [Tone.customer]])
    await expectUnbroken(customer, agreements: agreements, "customer")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S6 A2 a call that leaves the supervisor's scope leaves him; the agent policy ends with its agent")
  func notFollowed() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sam = try await floor.phone("sam")
    let ben = try await floor.phone("ben")
    let (customer, agent) = try await floor.connect(agent: ben, settings: kept)
    await anna.setAnswering(.automatic, saying: .tone(Tone.second))
    let supervisor = try await sam.connect("*31ben")
    try await floor.live(.listen, by: "sam")
    #expect(await agent.transfer(to: uri("anna", floor)) == 200)
    #expect(await supervisor.ended().reason?.text.contains("left the supervisor's scope") == true)
    let entry = try await floor.entry { $0.action == "closed" }
    #expect(entry.outcome.contains("scope"))
    #expect(await floor.ears(customer) == [[Tone.second]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 parked and fetched: hold sound in between, the supervisor stays with the customer")
  func parking() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let ben = try await floor.phone("ben")
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let supervisor = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    try await floor.live(.listen, by: "sue")
    let agreements = customer.state.agreements
    await customer.resetObservation()
    #expect(await agent.transfer(to: uri("*687", floor)) == 200)
    #expect(await agent.ended().isByPeer)
    _ = try await floor.call { $0.parked?.slot == "7" && $0.parked?.by == "Anna" }
    for heard in await floor.ears(customer, supervisor) {
      #expect(heard.isDisjoint(with: [Tone.agent, Tone.second, Tone.supervisor]), "the hold sound alone")
    }
    let fetched = try await ben.connect("*687", saying: .tone(Tone.second))
    _ = try await floor.entry { $0.action == "transferred" }
    #expect(
      await floor.ears(customer, fetched, supervisor) == [
        [Tone.second], [Tone.customer], [Tone.customer, Tone.second],
      ])
    await expectUnbroken(customer, agreements: agreements, "customer")
    await #expect(throws: PhoneRefusal.self) { _ = try await ben.connect("*687") }
    await fetched.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 nobody fetches him: the parker is called back")
  func parkedTooLong() async throws {
    let floor = try await Floor(.init(policy: "parkTimeout: 5"))
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    #expect(await agent.transfer(to: uri("*681", floor)) == 200)
    let back = try #require(await anna.nextCall())
    await back.wait(for: .answered)
    #expect(await floor.ears(customer, back) == [[Tone.agent], [Tone.customer]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S8 S1 three talk: all hear all, a supervisor hears all and coaches one; one leaves")
  func conference() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let ben = try await ben(floor)
    let (customer, agent) = try await floor.connect(agent: anna, settings: kept)
    let supervisor = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    try await floor.live(.whisper, by: "sue")
    let call = try #require(try await floor.client().calls().first)
    try await floor.client("anna").invite("ben", to: call.id)
    let third = try #require(await ben.nextCall())
    _ = try await floor.entry { $0.action == "transferred" }
    #expect(
      await floor.ears(customer, agent, third, supervisor) == [
        [Tone.agent, Tone.second], [Tone.customer, Tone.second, Tone.supervisor],
        [Tone.customer, Tone.agent],
        [Tone.customer, Tone.agent, Tone.second],
      ])
    _ = try await floor.call { $0.conference }
    await agent.hangUp()
    _ = try await floor.call { !$0.conference && $0.agents == ["ben"] }
    #expect(await floor.ears(customer, third) == [[Tone.second], [Tone.customer]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S2 baresip transfers its call blind, and baresip is the one who is called")
  func baresip() async throws {
    let floor = try await Floor()
    let anna = try Baresip("anna", server: floor.sip, saying: Tone.agent, answers: true)
    let ben = try Baresip("ben", server: floor.sip, saying: Tone.second, answers: true)
    let deadline = ContinuousClock.now + .seconds(15)
    while try await floor.metric("earshot_sip_registrations") < 2 {
      try #require(ContinuousClock.now < deadline, "\(anna.output)")
    }
    let customer = try await floor.customer().connect("anna", saying: .tone(Tone.customer), settings: kept)
    _ = await customer.firstSound()
    #expect(await floor.ear(customer).tones(of: Array(Tone.all)) == [Tone.agent])
    let agreements = customer.state.agreements
    await customer.resetObservation()
    anna.transfer(to: uri("ben", floor))
    _ = try await floor.call { $0.agents == ["ben"] }
    #expect(await floor.ear(customer, milliseconds: 800).tones(of: Array(Tone.all)) == [Tone.second])
    await expectUnbroken(customer, agreements: agreements, "customer")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    let (left, farewell) = try await anna.quit()
    let (status, heard) = try await ben.quit()
    #expect(left == 0 && status == 0)
    #expect(farewell.first?.tones(of: Array(Tone.all)) == [Tone.customer])
    #expect(heard.first?.tones(of: Array(Tone.all)) == [Tone.customer])
    #expect(await floor.stop() == 0)
  }
}
