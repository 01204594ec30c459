import Audio
import RTP
import Supervision
import Testing

@testable import Media

@Suite("Browsers' sound: who hears whom, in every codec")
struct BrowserSoundTests {
  struct Codec: CustomTestStringConvertible, Sendable {
    var name: String
    var formats: String
    var coding: VoiceCoding
    var testDescription: String { name }

    static let all = [
      Codec(name: "Opus", formats: "111 110 126", coding: .opus),
      Codec(name: "G.722", formats: "9 126", coding: .g722),
      Codec(name: "PCMU", formats: "0 126", coding: .mu), Codec(name: "PCMA", formats: "8 126", coding: .a),
    ]
  }

  private func level(_ phone: [Heard], _ frequency: Double) -> Double {
    let sound = phone.filter { $0.header.payloadType == 0 }.flatMap { $0.payload.linear(.mu) }
    return Goertzel(frequency: frequency).level(Array(sound.dropFirst(800)))
  }

  /// Lets the customer (500 Hz), the agent (800 Hz) and a browser speak for that many packet times.
  private func talk(
    _ rig: Rig, _ frames: Int, _ customer: TestPhone, _ agent: TestPhone, _ voice: BrowserVoice,
    loses: (Int) -> Bool = { _ in false }
  ) throws -> (customer: [Heard], agent: [Heard]) {
    var heard: (customer: [Heard], agent: [Heard]) = ([], [])
    var tones = (ToneSource(frequency: 500, level: -16), ToneSource(frequency: 800, level: -16))
    for frame in 0..<frames {
      rig.clock.advance(ms: 7)
      try rig.barrier()
      if loses(frame) { voice.lose() } else { voice.speak() }
      try rig.barrier()
      rig.clock.advance(ms: 6)
      try rig.barrier()
      customer.send(tones.0.samples(160).encoded(.mu))
      try rig.barrier()
      rig.clock.advance(ms: 7)
      agent.send(tones.1.samples(160).encoded(.mu))
      try rig.barrier()
      heard.customer += customer.receiveAll()
      heard.agent += agent.receiveAll()
      voice.hear()
    }
    return heard
  }

  @Test("M1 M2 M3 a browser's supervisor hears both, whispers to one, barges to both", arguments: Codec.all)
  func modes(codec: Codec) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: codec.formats)
      let voice = BrowserVoice(browser, codec.coding, frequency: 1_300)
      try rig.apply(ModeTests.listen)
      var heard = try talk(rig, 60, customer, agent, voice)
      #expect(voice.level(500) > -19 && voice.level(800) > -19, "\(voice.level(500)) \(voice.level(800))")
      #expect(voice.level(1_300) < -50)
      #expect(level(heard.customer, 1_300) < -55 && level(heard.agent, 1_300) < -55)
      // Numbers run on without a break, on the clock of the codec.
      for (a, b) in zip(voice.headers, voice.headers.dropFirst()) {
        #expect(b.sequence == a.sequence &+ 1 && b.timestamp == a.timestamp &+ 160 * codec.coding.clock)
      }
      try rig.apply(ModeTests.whisper)
      heard = try talk(rig, 60, customer, agent, voice)
      #expect(level(heard.agent, 1_300) > -20 && level(heard.agent, 500) > -20)
      #expect(level(heard.customer, 1_300) < -55 && level(heard.customer, 800) > -20)
      try rig.apply(ModeTests.barge)
      heard = try talk(rig, 60, customer, agent, voice)
      #expect(level(heard.agent, 1_300) > -20 && level(heard.customer, 1_300) > -20)
      let proof = try rig.apply("")
      #expect(proof.contains { $0.to == Rig.customer && $0.samples >= 57 * 160 })
    }
  }

  @Test(
    "M4 a customer whom only a browser's supervisor talks to hears him, and he the customer",
    arguments: Codec.all)
  func takeover(codec: Codec) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: codec.formats)
      let voice = BrowserVoice(browser, codec.coding, frequency: 1_300)
      try rig.apply("s>c c>s")
      let heard = try talk(rig, 60, customer, agent, voice)
      #expect(level(heard.customer, 1_300) > -20 && level(heard.customer, 800) < -55)
      #expect(voice.level(500) > -20 && voice.level(800) < -50)
    }
  }

  @Test("S7 an agent's browser and a telephone with the same law pass each other's packets on untouched")
  func exact() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer, law: .a)
      let browser = try rig.joinBrowser(
        Rig.agent, .agent, codecs: "111 0 8 110 126", like: rig.legs[Rig.customer])
      #expect(browser.payloadType == 8)
      try rig.apply("c>a a>c")
      var sent: [RTPHeader] = []
      var got: [RTPHeader] = []
      for number in 0..<200 {
        let payload = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
        rig.clock.advance(ms: 20)
        sent.append(customer.send(payload, marker: number % 50 == 0))
        let heard = try #require(browser.receive())
        #expect(heard.payload == payload)
        got.append(heard.header)
        browser.send(payload)
        #expect(customer.receive()?.payload == payload)
      }
      for (index, header) in got.enumerated().dropFirst() {
        #expect(header.sequence == got[index - 1].sequence &+ 1)
        #expect(
          header.timestamp &- got[index - 1].timestamp == sent[index].timestamp &- sent[index - 1].timestamp)
        #expect(header.marker == sent[index].marker)
      }
      #expect(try rig.counters().encoded == 0)
    }
  }

  @Test(
    "M8 keys of an agent's browser on the clock of Opus reach the telephone on its own, and the other way")
  func keys() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.agent, .agent, codecs: "111 110")
      try rig.apply("c>a a>c")
      let voice = BrowserVoice(browser, .opus, frequency: 800)
      voice.speak()
      _ = try #require(customer.receive())
      browser.send([5, 10, 0x03, 0xC0], payloadType: 110, marker: true, ticks: 0)
      let heard = try #require(customer.receive())
      #expect(heard.header.payloadType == 101 && heard.header.marker && heard.payload == [5, 10, 0, 160])
      #expect(try rig.await("digit") { if case .digit(_, let key) = $0 { key } else { nil } } == "5")
      customer.send([3, 10, 0x80, 0x00], payloadType: 101, samples: 0)
      let key = try #require(browser.receive())
      // 32,768 samples are more ticks than 16 bits hold.
      #expect(key.header.payloadType == 110 && key.payload == [3, 10, 0xFF, 0xFF])
    }
  }

  @Test("M8 keys of a supervisor's browser are told and reach nobody")
  func supervisorKeys() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: "0 126")
      try rig.apply("s>c s>a")
      browser.send([9, 10, 0, 160], payloadType: 126, marker: true, ticks: 0)
      #expect(try rig.await("digit") { if case .digit(_, let key) = $0 { key } else { nil } } == "9")
      #expect(!(customer.receiveAll() + agent.receiveAll()).contains { $0.header.payloadType == 101 })
    }
  }

  @Test("S5 packets of Opus that get lost are made up for: the tone goes on at the telephone")
  func loss() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: "111 110")
      let voice = BrowserVoice(browser, .opus, frequency: 1_300)
      try rig.apply(ModeTests.barge)
      _ = try talk(rig, 20, customer, agent, voice)
      let heard = try talk(rig, 100, customer, agent, voice) { $0 % 10 == 5 }
      #expect(level(heard.customer, 1_300) > -18, "\(level(heard.customer, 1_300))")
      #expect(try rig.counters().concealed <= 2)
    }
  }

  @Test("S6 a browser gets reports under its keys, on the clock of its codec, and a goodbye at the end")
  func reports() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: "111 110")
      let voice = BrowserVoice(browser, .opus, frequency: 1_300)
      try rig.apply("c>s s>c")
      var last: RTPHeader?
      for _ in 0..<5 {
        rig.clock.advance(ms: 20)
        voice.speak()
        customer.send([UInt8](repeating: 0x55, count: 160))
        last = try #require(browser.receive()).header
      }
      rig.clock.advance(ms: 8_000)
      try rig.settle()
      let report = try #require(browser.receiveReport(about: browser.ssrc))
      #expect(report.senderInfo?.packets == 5 && report.report?.cumulativeLost == 0)
      let ahead = Int(report.senderInfo?.timestamp ?? 0) - Int(last?.timestamp ?? 0)
      #expect(abs(ahead - 8_000 * 48) < 48 * 40, "\(ahead)")
      _ = try rig.closeLeg(Rig.supervisor)
      #expect(browser.receiveReport(about: browser.ssrc)?.bye == true)
    }
  }

  @Test("W3 loudness is told ten times a second while a supervisor's browser is connected, and only then")
  func levels() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      #expect(!rig.has { if case .levels = $0 { true } else { false } })
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      let voice = BrowserVoice(browser, .mu, frequency: 1_300)
      try rig.apply(ModeTests.listen)
      _ = try talk(rig, 51, customer, agent, voice)
      var told: [[ParticipantID: Float]] = []
      while rig.has({ if case .levels = $0 { true } else { false } }) {
        told.append(try rig.await("levels") { if case .levels(let levels) = $0 { levels } else { nil } })
      }
      #expect((9...11).contains(told.count), "\(told.count)")
      let last = try #require(told.last)
      #expect(abs((last[Rig.customer] ?? 0) + 16) < 1 && abs((last[Rig.agent] ?? 0) + 16) < 1)
      // Nobody hears him.
      #expect(last[Rig.supervisor] == nil)
      _ = try rig.closeLeg(Rig.supervisor)
      _ = try talk(rig, 20, customer, agent, voice)
      #expect(!rig.has { if case .levels = $0 { true } else { false } })
    }
  }

  private static let sound = [UInt8](repeating: 0x55, count: 160)

  /// A call into which a browser has been speaking for a second, and a frame of his voice.
  private func barging(
    _ codec: Codec,
    _ body: @escaping @Sendable (Rig, TestPhone, TestPhone, TestBrowser, [UInt8]) throws -> Void
  ) async throws {
    try await Rig.run(levels: false) { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, codecs: codec.formats)
      let voice = BrowserVoice(browser, codec.coding, frequency: 1_300)
      try rig.apply(ModeTests.barge, ducking: true)
      _ = try talk(rig, 50, customer, agent, voice)
      try body(rig, customer, agent, browser, voice.frame())
    }
  }

  @Test("M2 no allocation per packet with browsers in the call: 7,000 packets each way", arguments: Codec.all)
  func allocations(codec: Codec) async throws {
    try await barging(codec) { rig, customer, agent, browser, frame in
      var counted = 0
      rig.watchAllocations()
      for round in 0..<7_000 {
        rig.clock.advance(ms: 20)
        browser.send(frame, ticks: 160 * Int(codec.coding.clock))
        customer.send(Self.sound)
        agent.send(Self.sound)
        _ = try #require(customer.rawReceive(), "round \(round)")
        _ = try #require(agent.rawReceive(), "round \(round)")
        _ = try #require(browser.rawReceive(), "round \(round)")
        guard round % 1_000 == 999 else { continue }
        // A check of ICE may ask for memory.
        counted += rig.unwatchAllocations()
        browser.send(raw: browser.check())
        try #require(browser.stunAnswer() != nil)
        rig.watchAllocations()
      }
      counted += rig.unwatchAllocations()
      // The runtime itself may ask for something once; a packet may not.
      #expect(counted < 21, "\(counted) allocations in 21,000 packets")
    }
  }

  @Test("M2 no allocation where a browser's sound comes late, or not at all", arguments: Codec.all)
  func gaps(codec: Codec) async throws {
    try await barging(codec) { rig, customer, agent, browser, frame in
      for round in 0..<1_030 {
        // The first gaps have the runtime ask for something, once.
        if round == 30 { rig.watchAllocations() }
        rig.clock.advance(ms: 20)
        if round % 3 == 0 { browser.send(frame, ticks: 160 * Int(codec.coding.clock)) }
        customer.send(Self.sound)
        agent.send(Self.sound)
        if round % 3 == 1 {
          browser.send(frame, ticks: 160 * Int(codec.coding.clock))
          browser.send(frame, ticks: 160 * Int(codec.coding.clock))
        }
        _ = try #require(customer.rawReceive(), "round \(round)")
        _ = try #require(agent.rawReceive(), "round \(round)")
        _ = try #require(browser.rawReceive(), "round \(round)")
      }
      let counted = rig.unwatchAllocations()
      #expect(counted < 3, "\(counted) allocations in 3,000 packets")
    }
  }
}
