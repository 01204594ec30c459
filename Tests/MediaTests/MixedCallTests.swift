import Audio
import Supervision
import Testing

@testable import Media

@Suite("Codecs, bands and packet times, mixed", .timeLimit(.minutes(2)))
struct MixedCallTests {
  typealias Kind = CodedConversation.Kind

  private static let codings: [VoiceCoding] = [.mu, .a, .g722, .opus]
  private static let pairs = codings.flatMap { first in codings.map { (first, $0) } }
  private static let times = [10, 20, 30, 60]
  private static let timePairs = times.flatMap { first in times.map { (first, $0) } }

  /// Listening first, then with the supervisor in the middle: at each ear the others' tones at the level at which they were
  /// said, and little else.
  private func check(_ customer: Kind, _ agent: Kind, _ supervisor: Kind) async throws {
    let title = "\(customer) \(agent) \(supervisor)"
    try await Rig.run(levels: false) { rig in
      let talk = try CodedConversation(rig, customer, agent, supervisor)
      try rig.apply(ModeTests.listen)
      try talk.run(milliseconds: 1_500)
      expect(talk.customer, [800], title)
      expect(talk.agent, [500], title)
      expect(talk.supervisor, [500, 800], title)
      try rig.apply(ModeTests.barge)
      try talk.run(milliseconds: 1_500)
      expect(talk.customer, [800, 1_300], title)
      expect(talk.agent, [500, 1_300], title)
      expect(talk.supervisor, [500, 800], title)
      for party in [talk.customer, talk.agent] { #expect(party.breaks == 0, "\(title)") }
    }
  }

  private func expect(_ ear: CodedConversation.Party, _ tones: [Double], _ title: String) {
    for tone in [500.0, 800, 1_300] {
      let level = ear.level(tone)
      if tones.contains(tone) {
        #expect(
          abs(level - CodedConversation.Party.level) < 1.5, "\(title): \(ear.kind) \(tone) Hz \(level) dBFS")
      } else {
        #expect(level < -60, "\(title): \(ear.kind) hears \(tone) Hz at \(level) dBFS")
      }
    }
    // What the codecs themselves add: a hole of 5 ms in a second, or a step in the sound, would be seen.
    let limit = title.contains("opus") ? -32.0 : title.contains("g722") ? -42 : -48
    let rest = ear.rest(besides: tones)
    #expect(rest < limit, "\(title): \(ear.kind) has \(rest) dBFS besides")
  }

  @Test(
    "M11 M13 any two codecs and a supervisor at Opus: every tone at its level, nothing beside it",
    arguments: pairs)
  func codecs(_ customer: VoiceCoding, _ agent: VoiceCoding) async throws {
    try await check(Kind(coding: customer), Kind(coding: agent), Kind(coding: .opus))
  }

  @Test("M11 M13 any two codecs and a supervisor at a telephone", arguments: pairs)
  func codecsNarrow(_ customer: VoiceCoding, _ agent: VoiceCoding) async throws {
    try await check(Kind(coding: customer), Kind(coding: agent), Kind(coding: .a))
  }

  @Test(
    "M11 M13 packet times of 10 to 60 ms, a telephone and G.722, a supervisor at Opus", arguments: timePairs)
  func packetTimes(_ customer: Int, _ agent: Int) async throws {
    try await check(
      Kind(coding: .mu, ptime: customer), Kind(coding: .g722, ptime: agent), Kind(coding: .opus))
  }

  @Test("M11 packet times of 10 to 60 ms, telephones only", arguments: timePairs)
  func telephones(_ customer: Int, _ agent: Int) async throws {
    try await check(Kind(coding: .mu, ptime: customer), Kind(coding: .a, ptime: agent), Kind(coding: .mu))
  }

  @Test("M11 packets of the customer are lost while another's sound is mixed in: no hole at the agent")
  func loss() async throws {
    try await Rig.run(levels: false) { rig in
      let talk = try CodedConversation(
        rig, Kind(coding: .mu), Kind(coding: .a), Kind(coding: .mu), supervisorLevel: -45)
      try rig.apply(ModeTests.barge)
      talk.customer.lostOneIn = 20
      try talk.run(milliseconds: 3_000)
      #expect(talk.agent.weakest(last: 2_000) > -9, "\(talk.agent.weakest(last: 2_000)) dB")
      #expect(talk.agent.breaks == 0)
    }
  }

  @Test(
    "M13 above 4 kHz: heard at wide ears, and folded back at no narrow one",
    arguments: [VoiceCoding.g722, .opus])
  func wide(coding: VoiceCoding) async throws {
    try await Rig.run(levels: false) { rig in
      let talk = try CodedConversation(
        rig, Kind(coding: coding), Kind(coding: .a), Kind(coding: coding == .g722 ? .opus : .g722),
        tones: [[500, 5_600], [800], [1_300, 6_100]])
      for plan in [ModeTests.listen, ModeTests.barge] {
        try rig.apply(plan)
        try talk.run(milliseconds: 1_500)
        let (agent, supervisor) = (talk.agent, talk.supervisor)
        #expect(
          abs(supervisor.level(5_600) - -20) < 2, "\(supervisor.level(5_600)) dBFS at \(supervisor.kind)")
        #expect(agent.level(2_400) < -60, "folded back: \(agent.level(2_400)) dBFS")
        #expect(abs(agent.level(500) - -20) < 1.5)
        #expect(abs(supervisor.level(800) - -20) < 1.5)
      }
      #expect(abs(talk.customer.level(6_100) - -20) < 2, "the supervisor's, at \(talk.customer.kind)")
      #expect(talk.agent.level(1_900) < -60)
    }
  }
}
