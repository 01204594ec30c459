import Audio
import RTP
import Supervision
import Testing

@testable import Media

struct ModeCase: CustomTestStringConvertible {
  var id: String
  var routes: String
  /// Who is heard by customer, agent, supervisor: c, a, s.
  var customer: String
  var agent: String
  var supervisor: String

  var testDescription: String { id }

  static let all = [
    ModeCase(id: "M1 listen", routes: ModeTests.listen, customer: "a", agent: "c", supervisor: "ca"),
    ModeCase(id: "M2 whisper", routes: ModeTests.whisper, customer: "a", agent: "cs", supervisor: "ca"),
    ModeCase(id: "M3 barge", routes: ModeTests.barge, customer: "as", agent: "cs", supervisor: "ca"),
    ModeCase(id: "M4 takeover", routes: "s>c c>s", customer: "s", agent: "", supervisor: "c"),
    ModeCase(
      id: "M4 takeover, agent kept", routes: "s>c c>s c>a s>a", customer: "s", agent: "cs", supervisor: "c"),
    ModeCase(id: "P2 masked", routes: "c>a a>c", customer: "a", agent: "c", supervisor: ""),
  ]
}

@Suite("Who hears whom: a tone each, measured at each ear")
struct ModeTests {
  static let listen = "c>a a>c c>s a>s"
  static let whisper = listen + " s>a"
  static let barge = whisper + " s>c"

  private func check(_ ear: Conversation.Party, _ expected: String, _ talk: Conversation) {
    for (name, party) in [("c", talk.customer), ("a", talk.agent), ("s", talk.supervisor)] {
      if expected.contains(name) {
        #expect(ear.hears(party), "\(ear.frequency) Hz hears \(name) at \(ear.level(of: party))")
      } else {
        #expect(ear.hearsNothing(of: party), "\(ear.frequency) Hz hears \(name) at \(ear.level(of: party))")
      }
    }
  }

  @Test("M1 M2 M3 M4 each mode reaches exactly those ears that it should", arguments: ModeCase.all)
  func modes(mode: ModeCase) async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(mode.routes)
      try talk.run(60)
      check(talk.customer, mode.customer, talk)
      check(talk.agent, mode.agent, talk)
      check(talk.supervisor, mode.supervisor, talk)
      let proof = try rig.apply("")
      let counted = { (to: ParticipantID) in proof.first { $0.to == to }?.samples ?? .max }
      // In steady state one packet in each packet time; the first ones wait.
      #expect(mode.customer.contains("s") ? counted(Rig.customer) >= 57 * 160 : counted(Rig.customer) == 0)
      #expect(mode.agent.contains("s") ? counted(Rig.agent) >= 57 * 160 : counted(Rig.agent) == 0)
    }
  }

  @Test(
    "M11 modes hold over different codecs",
    arguments: [(G711Law.mu, G711Law.a, G711Law.mu), (.a, .mu, .a), (.a, .a, .mu)])
  func laws(laws: (G711Law, G711Law, G711Law)) async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig, laws: laws)
      try rig.apply(Self.barge)
      try talk.run(60)
      check(talk.customer, "as", talk)
      check(talk.agent, "cs", talk)
      check(talk.supervisor, "ca", talk)
    }
  }

  @Test("M6 two supervisors, each in a mode of his own, don't hear each other's whispers")
  func twoSupervisors() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig, hasSecond: true)
      let second = try #require(talk.second)
      try rig.apply(Self.whisper + " c>t a>t")
      try talk.run(60)
      check(talk.agent, "cs", talk)
      check(second, "ca", talk)
      #expect(talk.agent.hearsNothing(of: second) && talk.customer.hearsNothing(of: second))
      let counters = try rig.counters()
      // The two supervisors hear the same: one encoding for both, and one for the agent.
      #expect(counters.encoded <= 2 * 60 + 4)
      talk.forget()
      try rig.apply(Self.whisper + " c>t a>t t>a")
      try talk.run(60)
      #expect(
        talk.agent.hears(talk.supervisor) && talk.agent.hears(second) && talk.agent.hears(talk.customer))
      #expect(talk.customer.hearsNothing(of: second))
    }
  }

  @Test("M2 the customer's leg stays exact under a whisper, and the agent's while nobody whispers")
  func exactUnderWhisper() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      talk.supervisor.isSending = false
      try rig.apply(Self.whisper)
      var tone = ToneSource(frequency: 500, level: -16)
      try talk.run(30)
      for heard in talk.agent.heard { #expect(heard.payload == tone.samples(160).encoded(.mu)) }
      // A muted microphone sends digital silence; that changes nothing either.
      talk.forget()
      talk.supervisor.isSending = true
      talk.supervisor.tone = ToneSource(frequency: 1_300, level: -100)
      try talk.run(30)
      for heard in talk.agent.heard { #expect(heard.payload == tone.samples(160).encoded(.mu)) }
      talk.supervisor.tone = ToneSource(frequency: 1_300, level: -16)
      talk.forget()
      var agentTone = ToneSource(frequency: 800, level: -16)
      _ = agentTone.samples(60 * 160)
      try talk.run(30)
      for heard in talk.customer.heard { #expect(heard.payload == agentTone.samples(160).encoded(.mu)) }
      #expect(talk.agent.hears(talk.supervisor))
      #expect(try rig.apply("").first { $0.to == Rig.customer }?.samples == 0)
    }
  }

  @Test("M1 nothing that was said before a whisper began is heard in it")
  func nothingFromBefore() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(Self.listen)
      try talk.run(30)
      // The last words of before lie unread at the socket when the whisper is opened.
      talk.supervisor.phone.send(talk.supervisor.tone.samples(160).encoded(.mu))
      talk.forget()
      try rig.apply(Self.whisper)
      talk.supervisor.isSending = false
      try talk.run(20)
      #expect(talk.agent.hearsNothing(of: talk.supervisor))
      #expect(try rig.apply("").allSatisfy { $0.samples == 0 })
    }
  }

  @Test("M9 the customer is lowered at the agent while the supervisor speaks, and only then")
  func ducking() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(Self.whisper, ducking: true)
      talk.supervisor.isSending = false
      try talk.run(20)
      let before = talk.agent.level(of: talk.customer)
      talk.forget()
      talk.supervisor.isSending = true
      try talk.run(50)
      let during = talk.agent.level(of: talk.customer, from: 10)
      #expect(abs(before - during - 12) < 1, "lowered by \(before - during) dB")
      #expect(talk.agent.level(of: talk.supervisor, from: 10) > -17)
      talk.supervisor.isSending = false
      try talk.run(40)
      talk.forget()
      var tone = talk.customer.tone
      try talk.run(10)
      for heard in talk.agent.heard { #expect(heard.payload == tone.samples(160).encoded(.mu)) }
    }
  }
}
