import Audio
import RTP
import Supervision
import Testing

@testable import Media

@Suite("Relay over loopback")
struct RelayTests {
  /// Every byte there is, so that µ-law's negative zero is among them.
  private static func payload(_ number: Int, count: Int = 160) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + number) }
  }

  @Test("M1 listen: what customer and agent get is byte for byte what the other sent")
  func exact() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s a>s")
      var first: (in: RTPHeader, out: RTPHeader)?
      for number in 0..<200 {
        rig.clock.advance(ms: 10)
        supervisor.send(Self.payload(number))
        if number % 10 == 3 { customer.sequence &+= 3 }
        if number % 10 == 5 { customer.timestamp &+= 960 }
        let length = [160, 80, 240][number % 3]
        let sent = customer.send(Self.payload(number, count: length), marker: number % 50 == 0)
        let heard = try #require(agent.receive())
        #expect(heard.payload == Self.payload(number, count: length))
        #expect(heard.header.marker == sent.marker && heard.header.payloadType == 0)
        let start = first ?? (sent, heard.header)
        first = start
        #expect(heard.header.sequence &- start.out.sequence == sent.sequence &- start.in.sequence)
        #expect(heard.header.timestamp &- start.out.timestamp == sent.timestamp &- start.in.timestamp)
        #expect(heard.header.ssrc == start.out.ssrc && heard.header.ssrc != customer.ssrc)
        rig.clock.advance(ms: 10)
        agent.send(Self.payload(number + 1))
        #expect(customer.receive()?.payload == Self.payload(number + 1))
      }
      #expect(agent.receiveAll().isEmpty && customer.receiveAll().isEmpty)
      #expect(supervisor.receiveAll().count > 190)
      let proof = try rig.apply("")
      #expect(proof.count == 2 && proof.allSatisfy { $0.from == Rig.supervisor && $0.samples == 0 })
      let counters = try rig.counters()
      #expect(counters.gated == 200)
    }
  }

  @Test("M11 keys and comfort noise pass, under the number that the listener knows")
  func events() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send(Self.payload(0))
      let sound = try #require(agent.receive())
      customer.press(.five, duration: 160)
      let key = try #require(agent.receive())
      #expect(key.header.payloadType == 101 && key.header.marker)
      #expect(key.payload == [5, 10, 0, 160])
      #expect(key.header.sequence == sound.header.sequence &+ 1)
      customer.send([60], payloadType: 13, samples: 0)
      let noise = try #require(agent.receive())
      #expect(noise.header.payloadType == 13 && noise.payload == [60])
      let leg = try #require(rig.legs[Rig.customer])
      let digit: Character = try rig.await("digit") { event in
        if case .digit(leg, let digit) = event { digit } else { nil }
      }
      #expect(digit == "5")
    }
  }

  @Test("M11 µ-law and A-law are transcoded where the legs differ")
  func transcoding() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties(.mu, .a)
      try rig.apply("c>a a>c")
      let every = (0...255).map { UInt8($0) }
      customer.send(every)
      let heard = try #require(agent.receive())
      #expect(heard.header.payloadType == 8)
      #expect(heard.payload == every.map { G711.encode(.a, G711.decode(.mu, $0)) })
      agent.send(every)
      let back = try #require(customer.receive())
      #expect(back.header.payloadType == 0)
      #expect(back.payload == every.map { G711.encode(.mu, G711.decode(.a, $0)) })
    }
  }

  @Test("S4 a stranger's packets are counted and dropped")
  func strangers() async throws {
    try await Rig.run { rig in
      // The description names a host that nobody here is; only the signalling's address is left.
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      let stranger = try UDPSocket(bind: try #require(SocketAddress("127.0.0.2", port: Rig.freePorts(2))))
      let packet = RTPHeader(payloadType: 0, sequence: 1, timestamp: 1, ssrc: 1).packet(Self.payload(1))
      for _ in 0..<3 {
        packet.withUnsafeBytes { buffer in
          if let base = buffer.baseAddress {
            _ = stranger.send(base, count: buffer.count, to: customer.remote)
          }
        }
      }
      customer.send(Self.payload(2))
      #expect(agent.receive()?.payload == Self.payload(2))
      // Now the kernel knows the peer and drops them by itself.
      packet.withUnsafeBytes { buffer in
        if let base = buffer.baseAddress { _ = stranger.send(base, count: buffer.count, to: customer.remote) }
      }
      customer.send(Self.payload(3))
      #expect(agent.receive()?.payload == Self.payload(3))
      #expect(agent.receiveAll().isEmpty)
      let report = try rig.closeLeg(Rig.customer)
      #expect(report.strangers == 3 && report.packetsReceived == 2)
      var open = stranger
      open.close()
    }
  }

  @Test("S4 a peer behind NAT is learned from its signalling address; garbage is counted")
  func learning() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(
        Rig.customer, .customer, extra: "c=IN IP4 192.0.2.9\r\n",
        sources: SourcePolicy(signallingAddress: "127.0.0.1"))
      let agent = try rig.join(Rig.agent, .agent)
      try rig.apply("c>a a>c")
      customer.send(Self.payload(1))
      #expect(agent.receive()?.payload == Self.payload(1))
      agent.send(Self.payload(2))
      #expect(customer.receive()?.payload == Self.payload(2))
      customer.send(packet: [1, 2, 3])
      customer.send(packet: [UInt8](repeating: 0xFF, count: 1_600))
      customer.send(Self.payload(3), payloadType: 77)
      customer.send(Self.payload(4))
      #expect(agent.receive()?.payload == Self.payload(4))
      #expect(try rig.closeLeg(Rig.customer).malformed == 3)
    }
  }

  @Test("S2 a listener who doesn't want to hear gets nothing, and goes on without a gap")
  func hold() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send(Self.payload(0))
      let before = try #require(agent.receive())
      let leg = try #require(rig.legs[Rig.agent])
      let mediaLeg = MediaLeg(
        leg: leg, participant: Rig.agent, role: .agent, sources: SourcePolicy(signallingAddress: nil))
      rig.perform(.acceptOffer(mediaLeg, sdp: agent.sdp(direction: "sendonly")))
      let direction: MediaDirection = try rig.await("offerAccepted") { event in
        if case .offerAccepted(leg, .sendonly) = event { .sendonly } else { nil }
      }
      #expect(direction.holds)
      rig.perform(.makeAnswer(leg, like: Rig.customerLeg(rig)))
      #expect(try rig.description(leg).contains("a=recvonly"))
      for number in 0..<10 {
        rig.clock.advance(ms: 20)
        customer.send(Self.payload(number))
        try rig.barrier()
      }
      agent.send(Self.payload(99))
      #expect(customer.receive()?.payload == Self.payload(99))
      #expect(agent.receiveAll().isEmpty)
      rig.perform(.acceptOffer(mediaLeg, sdp: agent.sdp()))
      rig.perform(.makeAnswer(leg, like: nil))
      _ = try rig.description(leg)
      rig.clock.advance(ms: 20)
      customer.send(Self.payload(5))
      let after = try #require(agent.receive())
      #expect(after.header.sequence == before.header.sequence &+ 1)
      #expect(after.header.timestamp == before.header.timestamp &+ 11 * 160)
    }
  }
}

extension Rig {
  fileprivate static func customerLeg(_ rig: Rig) -> LegID? { rig.legs[customer] }
}
