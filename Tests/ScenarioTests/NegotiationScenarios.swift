import Phones
import TestKit
import Testing

/// What peers may do with a call's session beside opening it, by SIPp: move, change the codec, ask for our offer,
/// insist on reliable answers, keep a timer, send keys by INFO. SIPp echoes, so the other side hears itself.
@Suite("S1 S3 sessions that change, with SIPp", .serialized, .timeLimit(.minutes(3)))
struct NegotiationScenarios {
  private func finish(_ floor: Floor, _ sipp: SIPp) async throws {
    try await sipp.finished()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S1 M9 a caller who moves his sound, changes the codec, and asks for our offer is followed each time")
  func moved() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("moved", target: floor.sip, values: ["PAUSE": "1000"])
    let agent = try #require(await anna.nextCall())
    // At first there is nobody at the address that he has given.
    _ = await agent.firstSound()
    for _ in 0..<4 { #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent)) }
    #expect(await agent.ended().isByPeer)
    try await finish(floor, sipp)
  }

  @Test(
    "S1 a caller without an offer gets ours and answers with the ACK: sound flows, and a supervisor hears it")
  func lateOffer() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("late-offer", target: floor.sip, values: ["PAUSE": "6000"])
    let agent = try #require(await anna.nextCall())
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent))
    let supervisor = try await sue.connect("*31anna")
    _ = await supervisor.firstSound()
    #expect(await floor.ear(supervisor).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    #expect(await agent.ended().isByPeer)
    try await finish(floor, sipp)
  }

  @Test(
    "S1 M3 a supervisor who dials in without an offer gets ours; his echo is heard by both once he barges in")
  func lateSupervisor() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    let values = ["FROM": "sue", "PASSWORD": "secret-sue", "PAUSE": "4000"]
    let sipp = try SIPp(
      "late-supervisor", target: floor.sip, user: "*33anna", from: "127.0.0.1", values: values)
    try await floor.live(.barge, by: "sue")
    // What he hears comes back by him: each party hears itself too.
    #expect(await floor.ear(customer).contains(tone: Floor.Tone.customer))
    #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent))
    _ = try await floor.entry { $0.action == "closed" }
    #expect(await floor.ear(customer).lacks(tone: Floor.Tone.customer))
    try await sipp.finished()
    await customer.hangUp()
    _ = await agent.ended()
    try await finish(floor, sipp)
  }

  @Test("S1 a caller who requires reliable answers confirms them, and moves by UPDATE")
  func reliable() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("reliable", target: floor.sip, values: ["PAUSE": "1500"])
    let agent = try #require(await anna.nextCall())
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent))
    #expect(await agent.ended().isByPeer)
    try await finish(floor, sipp)
  }

  @Test("S3 a caller's session timer: too short is refused, the next one agreed to, its refresh confirmed")
  func timer() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("session-timer", target: floor.sip)
    let agent = try #require(await anna.nextCall())
    #expect(await agent.ended().isByPeer)
    try await finish(floor, sipp)
  }

  @Test(
    "M5 A2 a supervisor's keys by INFO change his mode and let him leave, with their entries in the audit")
  func keys() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    let values = ["FROM": "sue", "PASSWORD": "secret-sue", "PAUSE": "700"]
    let sipp = try SIPp("info-keys", target: floor.sip, user: "*31anna", from: "127.0.0.1", values: values)
    let change = try await floor.entry { $0.action == "mode-changed" }
    #expect(change.mode == "whisper")
    _ = try await floor.entry { $0.action == "closed" }
    try await sipp.finished()
    // No key reaches a party.
    #expect(await floor.ear(agent).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.customer])
    await customer.hangUp()
    _ = await agent.ended()
    try await finish(floor, sipp)
  }
}
