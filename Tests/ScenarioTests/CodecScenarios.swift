import API
import Phones
import Supervision
import TestKit
import Testing

/// Phones that nobody here wrote, each with one codec: passed on as it is where both have the same, translated where not.
@Suite("M11 G.722 and Opus between phones", .serialized, .timeLimit(.minutes(4)))
struct CodecScenarios {
  private typealias Tone = Floor.Tone

  enum Codec: String, CaseIterable, Sendable {
    case pcmu = "PCMU/8000/1"
    case pcma = "PCMA/8000/1"
    case g722 = "G722/16000/1"
    case opus = "opus/48000/2"
  }

  private static let pairs: [(Codec, Codec)] = [
    (.g722, .pcmu), (.pcma, .g722), (.opus, .pcma), (.pcmu, .opus), (.opus, .g722), (.g722, .g722),
    (.opus, .opus),
  ]

  @Test(
    "M11 M3 caller and callee of any two codecs, a supervisor of µ-law who barges in: tones at every ear",
    arguments: pairs)
  func pair(_ caller: Codec, _ callee: Codec) async throws {
    let floor = try await Floor()
    let carol = try Baresip("carol", server: floor.sip, saying: Tone.customer, codecs: caller.rawValue)
    let ben = try Baresip(
      "ben", server: floor.sip, saying: Tone.agent, codecs: callee.rawValue, answers: true)
    let sue = try await floor.phone("sue")
    let deadline = ContinuousClock.now + .seconds(15)
    while try await floor.metric("earshot_sip_registrations") < 3 {
      try #require(ContinuousClock.now < deadline, "a phone has not registered: \(carol.output)\(ben.output)")
    }
    carol.dial("ben")
    _ = try await floor.call { $0.phase == "answered" }
    let supervisor = try await sue.connect("*31ben", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(
      await floor.ear(supervisor).tones(of: Array(Tone.all)) == [Tone.customer, Tone.agent],
      "\(caller) with \(callee)")
    // Both alone with one another for a while, then with him.
    _ = await supervisor.hear(milliseconds: 1_000)
    await supervisor.press("6")
    await supervisor.press("6")
    _ = try await floor.call { $0.sessions.contains { $0.mode == "barge" && $0.phase == "live" } }
    _ = await supervisor.hear(milliseconds: 1_500)
    carol.hangUp()
    try await floor.expectNothingLeft()
    for (phone, name, other) in [(carol, "caller", Tone.agent), (ben, "callee", Tone.customer)] {
      let (status, heard) = try await phone.quit()
      #expect(status == 0)
      let recording = try #require(heard.first, "\(caller) with \(callee), the \(name): \(phone.output)")
      let before = Ear(Array(recording.samples.prefix(recording.samples.count / 4).suffix(4_000)))
      let after = Ear(Array(recording.samples.suffix(9_600).prefix(6_400)))
      #expect(before.tones(of: Array(Tone.all)) == [other], "\(caller) with \(callee), the \(name) before")
      #expect(
        after.tones(of: Array(Tone.all)) == [other, Tone.supervisor],
        "\(caller) with \(callee), the \(name) after")
    }
    #expect(await floor.stop() == 0)
  }
}
