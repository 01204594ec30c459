import API
import Phones
import TestKit
import Testing

/// A phone that nobody here wrote, whose sound is sealed with keys of its descriptions (RFC 4568).
@Suite("I1 SRTP with keys in descriptions", .serialized, .timeLimit(.minutes(2)))
struct DescribedKeysScenarios {
  private typealias Tone = Floor.Tone

  @Test(
    "I1 M1 M3 a caller who seals his sound, an agent who doesn't: both hear one another, a supervisor both and both him",
    arguments: ["srtp-mand", "srtp"])
  func caller(encryption: String) async throws {
    let floor = try await Floor()
    let carol = try Baresip(
      "carol", server: floor.sip, saying: Tone.customer, encryption: encryption)
    let (anna, sue) = (try await floor.phone("anna"), try await floor.phone("sue"))
    await anna.setAnswering(.automatic, saying: .tone(Tone.agent))
    let deadline = ContinuousClock.now + .seconds(15)
    while try await floor.metric("earshot_sip_registrations") < 3 {
      try #require(ContinuousClock.now < deadline, "carol has not registered: \(carol.output)")
    }
    carol.dial("anna")
    let agent = try #require(await anna.nextCall())
    await agent.wait(for: .answered)
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).tones(of: Array(Tone.all)) == [Tone.customer])
    let supervisor = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(await floor.ear(supervisor).tones(of: Array(Tone.all)) == [Tone.customer, Tone.agent])
    _ = await supervisor.press("66")
    _ = try await floor.call { $0.sessions.contains { $0.mode == "barge" && $0.phase == "live" } }
    _ = await supervisor.hear(milliseconds: 1_500)
    let failures = try await floor.metric("earshot_srtp_failures_total")
    // Of what baresip sends at the very beginning, one datagram bears no seal that holds.
    #expect(failures <= 1)
    carol.hangUp()
    try await floor.expectNothingLeft()
    let (status, heard) = try await carol.quit()
    #expect(status == 0)
    let recording = try #require(heard.first, "\(carol.output)")
    let before = Ear(Array(recording.samples.prefix(8_000).suffix(4_000)))
    let after = Ear(Array(recording.samples.suffix(9_600).prefix(6_400)))
    #expect(before.tones(of: Array(Tone.all)) == [Tone.agent])
    #expect(after.tones(of: Array(Tone.all)) == [Tone.agent, Tone.supervisor])
    #expect(await floor.stop() == 0)
  }
}
