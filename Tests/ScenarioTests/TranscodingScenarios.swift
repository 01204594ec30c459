import Phones
import RTP
import TestKit
import Testing

/// Legs that differ in what they speak: Earshot translates, and only where it must.
@Suite("M11 encodings and packet times that differ", .serialized, .timeLimit(.minutes(2)))
struct TranscodingScenarios {
  private typealias Tone = Floor.Tone

  private func settings(_ formats: [AudioFormat], ptime: Int = 20, packetsKept: Int = 0) -> PhoneCallSettings
  {
    var settings = PhoneCallSettings()
    settings.formats = formats + [.telephoneEvent]
    settings.ptime = ptime
    settings.endpoint.packetsKept = packetsKept
    return settings
  }

  private func tones(_ floor: Floor, _ calls: [PhoneCall]) async -> [Set<Double>] {
    await withTaskGroup { group in
      for (index, call) in calls.enumerated() {
        group.addTask { (index, await floor.ear(call).tones(of: Array(Tone.all))) }
      }
      var heard = Array(repeating: Set<Double>(), count: calls.count)
      for await (index, tones) in group { heard[index] = tones }
      return heard
    }
  }

  /// A barge heard by all, then a listener heard by nobody.
  private func expectBarge(_ floor: Floor, customer: PhoneCall, agent: PhoneCall, by supervisor: PhoneCall)
    async throws
  {
    _ = await supervisor.firstSound()
    var heard = await tones(floor, [customer, agent, supervisor])
    #expect(
      heard == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ])
    await supervisor.press("4")
    _ = try await floor.call { $0.sessions.contains { $0.mode == "listen" && $0.phase == "live" } }
    heard = await tones(floor, [customer, agent, supervisor])
    #expect(heard == [[Tone.agent], [Tone.customer], [Tone.customer, Tone.agent]])
  }

  @Test(
    "M11 a µ-law customer, an A-law agent, a supervisor of either law: tones at every ear",
    arguments: [AudioFormat.pcma, .pcmu])
  func laws(supervisorLaw: AudioFormat) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await anna.setAnswering(.automatic, saying: .tone(Tone.agent), settings: settings([.pcma]))
    let customer = try await floor.customer().connect(
      "anna", saying: .tone(Tone.customer), settings: settings([.pcmu]))
    let agent = try #require(await anna.nextCall())
    await agent.wait(for: .answered)
    #expect(customer.state.audio?.codec.isSameEncoding(as: .pcmu) == true)
    #expect(agent.state.audio?.codec.isSameEncoding(as: .pcma) == true)
    // As loud as it was said: a translation with the wrong law would be noise.
    #expect(await floor.ear(customer).contains(tone: Tone.agent))
    #expect(await floor.ear(agent).contains(tone: Tone.customer))
    let supervisor = try await sue.connect(
      "*33anna", saying: .tone(Tone.supervisor), settings: settings([supervisorLaw]))
    #expect(supervisor.state.audio?.codec.isSameEncoding(as: supervisorLaw) == true)
    try await expectBarge(floor, customer: customer, agent: agent, by: supervisor)
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "M1 M11 legs of the same law are relayed byte by byte while a supervisor of the other law listens",
    arguments: [AudioFormat.pcma, .pcmu])
  func exact(law: AudioFormat) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let both = settings([law], packetsKept: 1_000)
    let (customer, agent) = try await floor.connect(agent: anna, settings: both)
    let other = law == .pcma ? AudioFormat.pcmu : .pcma
    let supervisor = try await sue.connect("*31anna", settings: settings([other]))
    _ = await supervisor.firstSound()
    #expect(await tones(floor, [supervisor]) == [[Tone.customer, Tone.agent]])
    for (speaker, listener) in [(customer, agent), (agent, customer)] {
      let got = await listener.packets().received
      let sent = await speaker.packets().sent
      try #require(got.count > 20)
      let offset = try #require(sent.firstIndex(where: got[0].isSameSound), "the first packet was sent")
      let exact = zip(got, sent[offset...]).allSatisfy { $0.isSameSound(as: $1) }
      #expect(exact && sent.count - offset >= got.count, "\(got.count) packets are copies")
    }
    await supervisor.hangUp()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "M12 calls of 10, 30 and 60 ms a packet: one packet time per call, tones at every ear",
    arguments: [10, 30, 60])
  func packetTimes(ptime: Int) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna, settings: settings([.pcma], ptime: ptime))
    #expect(customer.state.audio?.ptime == ptime)
    #expect(agent.state.audio?.ptime == ptime)
    let supervisor = try await sue.connect("*33anna", saying: .tone(Tone.supervisor))
    try await expectBarge(floor, customer: customer, agent: agent, by: supervisor)
    for (name, call) in [("customer", customer), ("agent", agent)] {
      let seen = await call.observation()
      #expect(seen.isContinuous, "\(name): \(seen)")
    }
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("M12 a customer who sends 40 or 10 ms in a call of 20 ms is heard all the same", arguments: [40, 10])
  func wrongSize(ptime: Int) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    var agreed = try #require(customer.state.audio)
    #expect(agreed.ptime == 20)
    agreed.ptime = ptime
    await customer.bank.media.connect(customer.endpoint, to: agreed)
    #expect(await tones(floor, [customer, agent]) == [[Tone.agent], [Tone.customer]])
    let supervisor = try await sue.connect("*33anna", saying: .tone(Tone.supervisor))
    try await expectBarge(floor, customer: customer, agent: agent, by: supervisor)
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }
}
