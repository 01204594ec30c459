import API
import Phones
import Supervision
import TestKit
import Testing

/// baresip, the softphone of the README: registration, calls and supervision by a phone that nobody here wrote.
@Suite("M1–M4 S5 baresip as every party", .serialized, .timeLimit(.minutes(3)))
struct BaresipScenarios {
  private typealias Tone = Floor.Tone

  private func registered(_ floor: Floor, _ count: Double) async throws {
    let deadline = ContinuousClock.now + .seconds(15)
    while try await floor.metric("earshot_sip_registrations") < count {
      try #require(ContinuousClock.now < deadline, "only some of \(count) phones have registered")
    }
  }

  private func live(_ floor: Floor, _ mode: SupervisionMode) async throws {
    _ = try await floor.call { $0.sessions.contains { $0.mode == mode.rawValue && $0.phase == "live" } }
  }

  /// The tones in a piece of a recording, in ms from its start, or from its end where negative.
  private func tones(_ ear: Ear, from start: Int, milliseconds: Int) -> Set<Double> {
    let first = start >= 0 ? start * 8 : ear.samples.count + start * 8
    guard first >= 0, first + milliseconds * 8 <= ear.samples.count else { return [] }
    return Ear(Array(ear.samples[first..<(first + milliseconds * 8)])).tones(of: Array(Tone.all))
  }

  @Test("M1 M2 M3 M4 M8 baresip dials in as a supervisor and switches by keys: tones at every ear")
  func supervisor() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try Baresip("sue", server: floor.sip, saying: Tone.supervisor)
    try await registered(floor, 2)
    let (customer, agent) = try await floor.connect(agent: anna)
    func ears() async -> [Set<Double>] {
      async let first = floor.ear(customer).tones(of: Array(Tone.all))
      async let second = floor.ear(agent).tones(of: Array(Tone.all))
      return await [first, second]
    }
    sue.dial("*31anna")
    try await live(floor, .listen)
    #expect(await ears() == [[Tone.agent], [Tone.customer]], "listen")
    sue.press("5")
    try await live(floor, .whisper)
    #expect(await ears() == [[Tone.agent], [Tone.customer, Tone.supervisor]], "whisper")
    sue.press("66")
    try await live(floor, .barge)
    #expect(await ears() == [[Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor]], "barge")
    sue.press("77")
    try await live(floor, .takeover)
    #expect(await agent.ended().isByPeer)
    // What he hears from here on is the customer alone: the end of his recording.
    #expect(await floor.ear(customer, milliseconds: 1_500).tones(of: Array(Tone.all)) == [Tone.supervisor])
    sue.hangUp()
    #expect(await customer.ended().isByPeer)
    try await floor.expectNothingLeft()
    let (status, heard) = try await sue.quit()
    #expect(status == 0)
    let recording = try #require(heard.first, "\(sue.output)")
    #expect(tones(recording, from: 400, milliseconds: 600) == [Tone.customer, Tone.agent])
    #expect(tones(recording, from: -700, milliseconds: 400) == [Tone.customer])
    #expect(recording.lacks(tone: Tone.supervisor), "he never hears himself")
    let story = try await floor.client().audit().entries.map(\.action).filter { $0 != "started" }
    #expect(
      story.reversed() == [
        "opened", "mode-changed", "mode-changed", "mode-changed", "agent-released", "closed",
      ])
    #expect(await floor.stop() == 0)
  }

  @Test("S5 S1 three baresips: one calls the other, the third barges in; each has heard what is his to hear")
  func everyParty() async throws {
    let floor = try await Floor()
    let carol = try Baresip("carol", server: floor.sip, saying: Tone.customer)
    let ben = try Baresip("ben", server: floor.sip, saying: Tone.agent, answers: true)
    let sue = try Baresip("sue", server: floor.sip, saying: Tone.supervisor)
    try await registered(floor, 3)
    carol.dial("ben")
    _ = try await floor.call { $0.agents == ["ben"] && $0.phase == "answered" }
    sue.dial("*31ben")
    try await live(floor, .listen)
    sue.press("5")
    try await live(floor, .whisper)
    sue.press("66")
    try await live(floor, .barge)
    // Long enough on the audit's clock for all three to have heard it.
    let barge = try await floor.entry { $0.action == "mode-changed" && $0.mode == "barge" }
    let call = try #require(barge.call)
    let heardUntil = try #require(barge.callClockMs) + 1_500
    while try await floor.client().call(call).durationMs < heardUntil {}
    carol.hangUp()
    try await floor.expectNothingLeft()
    var heard: [Ear] = []
    for phone in [carol, ben, sue] {
      let (status, recordings) = try await phone.quit()
      #expect(status == 0)
      heard.append(try #require(recordings.first, "\(phone.output)"))
    }
    #expect(tones(heard[0], from: -900, milliseconds: 400) == [Tone.agent, Tone.supervisor])
    #expect(tones(heard[1], from: -900, milliseconds: 400) == [Tone.customer, Tone.supervisor])
    #expect(tones(heard[2], from: -900, milliseconds: 400) == [Tone.customer, Tone.agent])
    #expect(await floor.stop() == 0)
  }

  @Test("S5 baresip calls an agent and is called; the BYE of either side ends it")
  func bothWays() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Tone.agent))
    let carol = try Baresip("carol", server: floor.sip, saying: Tone.customer, answers: true)
    try await registered(floor, 2)
    carol.dial("anna")
    let first = try #require(await anna.nextCall())
    _ = await first.firstSound()
    // baresip names a recording by the second in which its call began: the next call's must be another one, or it
    // would be written over this one.
    #expect(await floor.ear(first, milliseconds: 1_500).contains(tone: Tone.customer))
    carol.hangUp()
    #expect(await first.ended().isByPeer)
    let second = try await anna.connect("carol", saying: .tone(Tone.agent))
    _ = await second.firstSound()
    #expect(await floor.ear(second, milliseconds: 800).contains(tone: Tone.customer))
    await second.hangUp()
    try await floor.expectNothingLeft()
    let (status, heard) = try await carol.quit()
    #expect(status == 0)
    #expect(heard.count == 2, "\(heard), \(carol.output)")
    #expect(heard.allSatisfy { $0.tones(of: Array(Tone.all)) == [Tone.agent] }, "\(heard)")
    #expect(await floor.stop() == 0)
  }
}
