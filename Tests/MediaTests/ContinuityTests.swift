import Audio
import RTP
import Supervision
import Testing

@testable import Media

@Suite("Numbers and packets over changes")
struct ContinuityTests {
  @Test("M5 1,000 changes between listen, whisper, barge and none: nothing lost, doubled or broken")
  func changes() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      var generator = SeededGenerator(11)
      let modes = ["c>a a>c", ModeTests.listen, ModeTests.whisper, ModeTests.barge]
      try rig.apply(modes[0])
      try talk.run(1_000) { _ in
        if let mode = modes.randomElement(using: &generator) { try rig.apply(mode) }
      }
      #expect(talk.agent.heard.count == 1_000 && talk.customer.heard.count == 1_000)
      #expect(talk.agent.breaks == 0 && talk.customer.breaks == 0)
      #expect(talk.agent.longestGap == 20 && talk.customer.longestGap == 20)
      #expect(talk.agent.hears(talk.customer) && talk.customer.hears(talk.agent))
    }
  }

  @Test("M5 joins and leaves of supervisors are not noticed by the call")
  func joins() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      for round in 0..<50 {
        let supervisor = try rig.join(Rig.supervisor, .supervisor)
        try rig.apply(round % 2 == 0 ? ModeTests.listen : ModeTests.barge)
        for _ in 0..<3 {
          rig.clock.advance(ms: 20)
          customer.send([UInt8](repeating: 0x30, count: 160))
          agent.send([UInt8](repeating: 0x31, count: 160))
          supervisor.send([UInt8](repeating: 0x32, count: 160))
          try rig.barrier()
        }
        if round % 3 != 0 { try rig.apply("c>a a>c") }
        let report = try rig.closeLeg(Rig.supervisor)
        #expect(report.packetsReceived == 3)
      }
      for phone in [customer, agent] {
        let heard = phone.receiveAll()
        #expect(heard.count == 150)
        for (a, b) in zip(heard, heard.dropFirst()) {
          #expect(b.header.sequence == a.header.sequence &+ 1)
          #expect(b.header.timestamp == a.header.timestamp &+ 160 && a.header.ssrc == b.header.ssrc)
        }
      }
      #expect(try rig.counters().legs == 2)
    }
  }

  @Test(
    "M4 takeover and back, with a supervisor who speaks, and one who sends nothing", arguments: [true, false])
  func takeover(isSending: Bool) async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(ModeTests.listen)
      try talk.run(20)
      talk.supervisor.isSending = isSending
      try rig.apply("s>c c>s")
      try talk.run(50)
      try rig.apply(ModeTests.listen)
      try talk.run(20)
      #expect(talk.customer.longestGap < 60, "\(talk.customer.longestGap) ms without a packet")
      let heard = talk.customer.heard
      for (a, b) in zip(heard, heard.dropFirst()) {
        #expect(b.header.ssrc == a.header.ssrc && b.header.sequence == a.header.sequence &+ 1)
        let step = b.header.timestamp &- a.header.timestamp
        #expect((160...480).contains(step), "timestamp step \(step)")
      }
      #expect(heard.count >= 88)
    }
  }

  @Test("S2 hold sound by the timer: even, without a break, and the party comes back without one")
  func holdSound() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply("c>a a>c")
      try talk.run(10)
      rig.perform(.play(.hold, to: Rig.customer))
      try rig.apply("p>c")
      talk.agent.isSending = false
      try talk.run(75)
      let clip = HoldSound.pattern.clip()
      var expected = [Int16](repeating: 0, count: 8_000)
      clip.fill(&expected, count: 8_000, at: 0)
      let sound = Array(talk.customer.sound(from: 10).prefix(8_000))
      #expect(sound == expected.encoded(.mu).linear(.mu))
      talk.agent.isSending = true
      try rig.apply("c>a a>c")
      try talk.run(10)
      #expect(talk.customer.longestGap <= 41)
      let heard = talk.customer.heard
      for (a, b) in zip(heard, heard.dropFirst()) {
        #expect(b.header.ssrc == a.header.ssrc && b.header.sequence == a.header.sequence &+ 1)
        #expect((160...360).contains(b.header.timestamp &- a.header.timestamp))
      }
    }
  }

  @Test("M2 a whisper goes on by the timer while the customer is silent, and he comes back without a break")
  func silentPacer() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(ModeTests.whisper)
      try talk.run(10)
      talk.customer.isSending = false
      try talk.run(50)
      talk.customer.isSending = true
      try talk.run(20)
      #expect(talk.agent.heard.count >= 76)
      #expect(Goertzel(frequency: 1_300).level(talk.agent.sound(from: 14)) > -18)
      #expect(talk.agent.longestGap <= 41)
      let heard = talk.agent.heard
      for (a, b) in zip(heard, heard.dropFirst()) {
        #expect(b.header.ssrc == a.header.ssrc && b.header.sequence == a.header.sequence &+ 1)
        #expect((160...320).contains(b.header.timestamp &- a.header.timestamp))
      }
      // The supervisor hears the agent all the time, who now paces his row.
      #expect(Goertzel(frequency: 800).level(talk.supervisor.sound(from: 5)) > -18)
    }
  }

  @Test("M5 a network that stops for 160 ms and brings all at once takes no packet from the agent")
  func stall() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(ModeTests.whisper)
      try talk.run(20)
      for _ in 0..<16 {
        rig.clock.advance(ms: 10)
        try rig.barrier()
      }
      for _ in 0..<8 {
        for party in talk.parties {
          party.phone.send(party.tone.samples(160).encoded(.mu))
          try rig.barrier()
        }
      }
      try talk.run(20)
      #expect(talk.agent.heard.count == 48 && talk.customer.heard.count == 48)
      #expect(talk.agent.breaks == 0 && talk.customer.breaks == 0)
      #expect(try rig.counters().overtaken == 0)
      #expect(talk.agent.hears(talk.supervisor, from: 38))
    }
  }

  @Test("M7 a supervisor's keys are told once each, and reach nobody")
  func digits() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(ModeTests.barge)
      try talk.run(5)
      let leg = try #require(rig.legs[Rig.supervisor])
      for digit in [Digit.five, .six, .six] {
        for packet in 1...5 {
          talk.supervisor.phone.press(digit, duration: UInt16(packet * 160), isEnd: packet > 2)
        }
        talk.supervisor.phone.timestamp &+= 800
      }
      talk.supervisor.isSending = false
      try talk.run(20)
      for expected: Character in ["5", "6", "6"] {
        let digit: Character = try rig.await("digit") { event in
          if case .digit(leg, let digit) = event { digit } else { nil }
        }
        #expect(digit == expected)
      }
      #expect(
        !rig.has { event in
          if case .digit = event { true } else { false }
        })
      for party in [talk.customer, talk.agent] {
        #expect(party.heard.allSatisfy { $0.header.payloadType == 0 })
        #expect(party.breaks == 0)
      }
    }
  }

  @Test("M2 prompts are heard by the supervisor alone")
  func prompt() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig)
      try rig.apply(ModeTests.listen)
      try talk.run(10)
      talk.forget()
      rig.perform(.play(.confirm, to: Rig.supervisor))
      try rig.apply(ModeTests.listen + " p>s")
      try talk.run(14)
      #expect(Goertzel(frequency: 660).level(Array(talk.supervisor.sound().prefix(880))) > -24)
      #expect(Goertzel(frequency: 660).level(talk.agent.sound()) < -55)
      #expect(talk.agent.breaks == 0 && talk.customer.breaks == 0)
    }
  }
}
