import Audio
import RTP
import Supervision
import Testing

@testable import Media

/// A leg goes from one call to another, and from one worker to another, as it stands.
@Suite("S2 legs between calls")
struct TravellingTests {
  private static let other = CallID("call-2")
  private static let ben = ParticipantID(9)

  /// A phone in the other call.
  private func join(_ rig: Rig, _ leg: LegID, _ participant: ParticipantID) throws -> TestPhone {
    let phone = try TestPhone(port: Rig.freePorts(2))
    let mediaLeg = MediaLeg(
      leg: leg, participant: participant, role: .agent, sources: SourcePolicy(signallingAddress: nil))
    rig.engine.perform(.acceptOffer(mediaLeg, sdp: phone.sdp()), for: Self.other)
    rig.engine.perform(.makeAnswer(leg, like: nil), for: Self.other)
    try phone.take(rig.description(leg))
    return phone
  }

  /// Gives a page's leg to the other call.
  private func handOver(_ leg: LegID, _ rig: Rig) {
    rig.perform(.detachLeg(leg))
    let mediaLeg = MediaLeg(
      leg: leg, participant: Self.ben, role: .agent, sources: SourcePolicy(signallingAddress: nil),
      transport: .webRTC)
    rig.engine.perform(.attachLeg(mediaLeg), for: Self.other)
  }

  private func talk(_ rig: Rig, _ phones: [(phone: TestPhone, tone: Double)], frames: Int) throws -> [[Heard]]
  {
    var tones = phones.map { ToneSource(frequency: $0.tone, level: -16) }
    var heard = phones.map { _ in [Heard]() }
    for _ in 0..<frames {
      for index in phones.indices {
        phones[index].phone.send(tones[index].samples(160).encoded(.mu))
        try rig.barrier()
      }
      rig.clock.advance(ms: 20)
      try rig.barrier()
      for index in phones.indices { heard[index] += phones[index].phone.receiveAll() }
    }
    return heard
  }

  private func level(_ heard: [Heard], _ frequency: Double) -> Double {
    Goertzel(frequency: frequency).level(heard.flatMap { $0.payload.linear(.mu) })
  }

  private func isRun(_ heard: [Heard]) -> Bool {
    zip(heard, heard.dropFirst()).allSatisfy { a, b in
      a.header.ssrc == b.header.ssrc && b.header.sequence == a.header.sequence &+ 1
        && (80...400).contains(b.header.timestamp &- a.header.timestamp)
    }
  }

  @Test(
    "S2 the leg that goes keeps ports, SSRC and numbers; both ends hear on without a break",
    arguments: [1, 2], [true, false])
  func meet(workers: Int, isAwaited: Bool) async throws {
    try await Rig.run(workers: workers) { rig in
      let (customer, agent) = try rig.parties()
      let asking = try join(rig, LegID(50), Rig.customer)
      let ben = try join(rig, LegID(51), Rig.agent)
      try rig.apply("c>a a>c")
      let between = RoutingMatrix([
        Route(from: Rig.customer, to: Rig.agent), Route(from: Rig.agent, to: Rig.customer),
      ])
      rig.engine.perform(.apply(between, revision: 1_001), for: Self.other)
      let phones = [(customer, 500.0), (agent, 800), (asking, 1_300), (ben, 1_700)]
      let before = try talk(rig, phones, frames: 20)
      #expect(level(before[0], 800) > -20 && level(before[3], 1_300) > -20)

      let leg = MediaLeg(
        leg: LegID(51), participant: Self.ben, role: .agent, sources: SourcePolicy(signallingAddress: nil))
      let detach = { rig.engine.perform(.detachLeg(LegID(51)), for: Self.other) }
      let met = RoutingMatrix([
        Route(from: Rig.customer, to: Self.ben), Route(from: Self.ben, to: Rig.customer),
      ])
      // The order that calls keep is `detach` first, but the worker may not have come to it yet.
      if !isAwaited {
        detach()
        try rig.barrier()
      } else {
        detach()
      }
      rig.engine.perform(.attachLeg(leg), for: rig.call)
      rig.engine.perform(.apply(met, revision: 1_002), for: rig.call)
      rig.engine.perform(.closeCall, for: Self.other)
      try rig.await("applied") { if case .applied(1_002, _) = $0 { true } else { nil } }
      try rig.await("closed") { $0 == .callClosed ? true : nil }
      try rig.barrier()
      let after = try talk(rig, [(customer, 500.0), (ben, 1_700)], frames: 20)
      #expect(level(after[0], 1_700) > -20 && level(after[0], 800) < -50)
      #expect(level(after[1], 500) > -20 && level(after[1], 1_300) < -50)
      #expect(after[0].count >= 19 && after[1].count >= 19)
      #expect(isRun(before[0] + after[0]) && isRun(before[3] + after[1]))
      #expect(try rig.counters().legs == 3)
      rig.perform(.closeLeg(LegID(51)))
      let report = try rig.await("legClosed") { event in
        if case .legClosed(LegID(51), let report) = event { report } else { nil }
      }
      #expect(report.packetsReceived == 40 && report.packetsLost == 0)
    }
  }

  @Test(
    "S2 a page's leg goes to a call of the same worker: its keys and numbers stay, and sound goes on",
    arguments: [1, 2])
  func page(workers: Int) async throws {
    try await Rig.run(workers: workers) { rig in
      let asking = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.agent, .agent)
      let voice = BrowserVoice(browser, .mu, frequency: 1_300)
      rig.engine.place(Self.other, beside: rig.call)
      let customer = try join(rig, LegID(50), Rig.customer)
      #expect(rig.engine.areTogether(rig.call, Self.other))
      try rig.apply("c>a a>c")
      func talk(_ phone: TestPhone, _ frequency: Double) throws -> [Heard] {
        var tone = ToneSource(frequency: frequency, level: -16)
        var heard: [Heard] = []
        for _ in 0..<20 {
          voice.speak()
          phone.send(tone.samples(160).encoded(.mu))
          rig.clock.advance(ms: 20)
          try rig.barrier()
          heard += phone.receiveAll()
          voice.hear()
        }
        return heard
      }
      let before = try talk(asking, 500)
      #expect(level(before, 1_300) > -20 && voice.level(500) > -20)
      let leg = try #require(rig.legs[Rig.agent])
      handOver(leg, rig)
      let met = RoutingMatrix([
        Route(from: Rig.customer, to: Self.ben), Route(from: Self.ben, to: Rig.customer),
      ])
      rig.engine.perform(.apply(met, revision: 1_002), for: Self.other)
      try rig.await("applied") { if case .applied(1_002, _) = $0 { true } else { nil } }
      rig.perform(.closeLeg(try #require(rig.legs[Rig.customer])))
      let numbers = voice.headers
      voice.forget()
      let after = try talk(customer, 700)
      #expect(level(after, 1_300) > -20 && voice.level(700) > -20 && voice.level(500) < -50)
      #expect(after.count >= 19 && isRun(after))
      for (a, b) in zip(numbers + voice.headers, (numbers + voice.headers).dropFirst()) {
        #expect(b.ssrc == a.ssrc && b.sequence == a.sequence &+ 1)
      }
      // What becomes of its connection is told to the call where it is now.
      browser.sayGoodbye()
      try rig.await("disconnected") { if case .disconnected(leg, _) = $0 { true } else { nil } }
      rig.engine.perform(.closeCall, for: Self.other)
      try rig.await("closed") { $0 == .callClosed ? true : nil }
    }
  }

  @Test(
    "S2 a page's leg that no call of its worker takes in is closed, and the call that waits for it is told")
  func pageElsewhere() async throws {
    try await Rig.run(workers: 2) { rig in
      try rig.joinBrowser(Rig.agent, .agent)
      _ = try join(rig, LegID(50), Rig.customer)
      #expect(!rig.engine.areTogether(rig.call, Self.other))
      let leg = try #require(rig.legs[Rig.agent])
      handOver(leg, rig)
      try rig.await("failed") { if case .failed(leg, .noResources) = $0 { true } else { nil } }
      #expect(try rig.counters().browserLegs == 0)
      rig.engine.perform(.closeCall, for: Self.other)
      try rig.await("closed") { $0 == .callClosed ? true : nil }
    }
  }

  @Test("S2 a leg that was closed meanwhile is missed by the call that waits for it; nothing is left open")
  func gone() async throws {
    try await Rig.run(workers: 2) { rig in
      _ = try rig.parties()
      _ = try join(rig, LegID(51), Rig.agent)
      rig.engine.perform(.closeCall, for: Self.other)
      try rig.await("closed") { $0 == .callClosed ? true : nil }
      rig.engine.perform(.detachLeg(LegID(51)), for: Self.other)
      let leg = MediaLeg(
        leg: LegID(51), participant: Self.ben, role: .agent, sources: SourcePolicy(signallingAddress: nil))
      rig.engine.perform(.attachLeg(leg), for: rig.call)
      try rig.await("failed") { event in
        if case .failed(LegID(51), .noResources) = event { true } else { nil }
      }
      try rig.apply("c>a a>c")
    }
  }

  @Test(
    "S2 until a newcomer's first packet pauses are filled, so that who stays hears no break; then his packets pass"
  )
  func bridged() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      let before = try talk(rig, [(customer, 500), (agent, 800)], frames: 10)
      let ben = try rig.join(Rig.second, .agent)
      try rig.apply("c>t t>c")
      var waiting: [Heard] = []
      for _ in 0..<10 {
        rig.clock.advance(ms: 20)
        try rig.settle()
        waiting += customer.receiveAll()
      }
      #expect((8...11).contains(waiting.count), "\(waiting.count) packets in 200 ms")
      let after = try talk(rig, [(ben, 1_700)], frames: 10)
      let heard = customer.receiveAll()
      #expect(isRun(before[0] + waiting + heard))
      #expect(level(heard, 1_700) > -20 && heard.count == 10)
      // From now on nothing is filled in: his pauses are his own.
      rig.clock.advance(ms: 200)
      try rig.settle()
      #expect(customer.receiveAll().isEmpty)
      _ = after
    }
  }
}
