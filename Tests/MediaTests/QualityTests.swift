import RTP
import Supervision
import Testing

@testable import Media

@Suite("Quality of each leg and direction")
struct QualityTests {
  private static let sound = [UInt8](repeating: 0x55, count: 160)

  private static func reading(_ rig: Rig, _ participant: ParticipantID) throws -> LegQuality {
    let leg = try #require(rig.legs[participant])
    return try rig.await("quality of \(leg)") { event in
      if case .quality(let readings) = event { readings[leg] } else { nil }
    }
  }

  /// `count` packets of both phones, 20 ms apart; of those of the customer every `lost`-th never arrives, and every
  /// other one of his comes `late` ms after its time.
  private static func talk(
    _ rig: Rig, _ customer: TestPhone, _ agent: TestPhone, count: Int, lost: Int? = nil, late: Double = 0
  ) throws {
    for number in 0..<count {
      let isLate = number % 2 == 1
      if isLate { rig.clock.advance(ms: late) }
      if let lost, number % lost == lost - 1 {
        customer.sequence &+= 1
        customer.timestamp &+= 160
      } else {
        customer.send(sound)
        _ = try #require(agent.receive(), "packet \(number)")
      }
      agent.send(sound)
      _ = try #require(customer.receive(), "packet \(number)")
      rig.clock.advance(ms: isLate ? 20 - late : 20)
    }
  }

  @Test("M11 a clean leg is told once, a lossy one as it is, and nobody of what hasn't changed")
  func loss() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      try Self.talk(rig, customer, agent, count: 251)
      try rig.settle()
      let clean = try #require(try Self.reading(rig, Rig.customer).received)
      #expect(clean.loss == 0 && clean.jitter < 1 && clean.mos > 4.3)

      let told = try rig.counters().readings
      try Self.talk(rig, customer, agent, count: 1_000)
      try rig.settle()
      #expect(told == 2)
      #expect(try rig.counters().readings == told, "nothing has changed")

      try Self.talk(rig, customer, agent, count: 750, lost: 20)
      try rig.settle()
      // The first window of it may have begun before.
      var received = try #require(try Self.reading(rig, Rig.customer).received)
      if received.loss < 4 { received = try #require(try Self.reading(rig, Rig.customer).received) }
      #expect(abs(received.loss - 5) < 0.5)
      #expect(received.mos > 3.8 && received.mos < 4.0)
      // The customer's only: the agent's leg is as clean as before.
      #expect(try rig.counters().readings <= told + 2)
    }
  }

  @Test("M11 jitter is read in ms and costs its delay")
  func jitter() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      try Self.talk(rig, customer, agent, count: 251, late: 12)
      try rig.settle()
      let received = try #require(try Self.reading(rig, Rig.customer).received)
      // Each step differs by 12 ms from that before it.
      #expect(abs(received.jitter - 12) < 1 && received.loss == 0)
      #expect(received.mos > 4.3 && received.mos < 4.4)
    }
  }

  @Test(
    "M11 what the peer reports of what he is sent: loss, jitter, round trip; without reports nothing is said")
  func sent() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      try Self.talk(rig, customer, agent, count: 100)
      rig.clock.advance(ms: 8_000)
      try rig.settle()
      let told = try #require(agent.receiveReport(about: 0))
      let info = try #require(told.senderInfo)
      var block = RTCP.ReportBlock(
        ssrc: told.sender, fractionLost: 26, cumulativeLost: 10, extendedHighest: 100, jitter: 240,
        lastSenderReport: info.time.middle, delaySinceLastSenderReport: 0)
      // As if our report had been 400 ms on its way.
      block.lastSenderReport &-= 400 * 65_536 / 1_000
      agent.sendReport { bytes, capacity in
        RTCP.write(bytes, capacity: capacity, ssrc: agent.ssrc, sender: nil, report: block, cname: "phone")
      }
      try rig.settle()
      _ = try rig.closeLeg(Rig.agent)
      var reading = try Self.reading(rig, Rig.agent)
      if reading.sent == nil { reading = try Self.reading(rig, Rig.agent) }
      let sent = try #require(reading.sent)
      #expect(abs(sent.loss - 10.2) < 0.1 && sent.jitter == 30)
      let roundTrip = try #require(reading.roundTrip)
      #expect(roundTrip >= 400 && roundTrip < 2_400)
      // 10 % cost 27 points; 260 ms one way cost 15 more.
      #expect(sent.mos < 2.7)
      _ = try rig.closeLeg(Rig.customer)
      let customerLeg = try #require(rig.legs[Rig.customer])
      #expect(!rig.has { if case .quality(let all) = $0 { all[customerLeg]?.sent != nil } else { false } })
    }
  }

  @Test("M11 a new stream of the peer goes on where the old one ended, and a few packets tell nothing")
  func changes() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let agent = try rig.join(Rig.agent, .agent)
      try rig.apply("c>a a>c")
      try Self.talk(rig, customer, agent, count: 20)
      // Another source, far away in its numbers: nothing is lost by it.
      customer.sequence &+= 20_000
      let header = { (number: UInt16) in
        RTPHeader(
          payloadType: 0, sequence: number, timestamp: UInt32(number) * 160, ssrc: 0x7777)
      }
      for number in 0..<100 where number % 10 != 9 {
        rig.clock.advance(ms: 20)
        customer.send(packet: header(UInt16(number)).packet(Self.sound))
        _ = try #require(agent.receive())
      }
      _ = try rig.closeLeg(Rig.customer)
      let received = try #require(try Self.reading(rig, Rig.customer).received)
      // 9 of 119: what stood at the end of the sequence can't be known.
      #expect(abs(received.loss - 100 * 9.0 / 119) < 0.01)
      _ = try rig.closeLeg(Rig.agent)
      #expect(!rig.has { if case .quality = $0 { true } else { false } }, "20 packets tell nothing")
    }
  }
}
