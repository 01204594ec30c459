import Glibc
import RTP
import Supervision
import Testing

@testable import Media

/// Somebody who knows a leg's ports and sends there, or waits to be sent something: at an address of nobody, or at the
/// peer's own address but another port.
private final class Stranger {
  private var socket: UDPSocket
  private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 16)

  init(_ address: String) throws {
    socket = try UDPSocket(bind: try #require(SocketAddress(address, port: Rig.freePorts(2))))
  }

  deinit {
    socket.close()
    bytes.deallocate()
  }

  func send(_ packet: [UInt8], to target: SocketAddress) {
    packet.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { _ = socket.send(base, count: buffer.count, to: target) }
    }
  }

  var hasReceived: Bool { socket.receive(bytes, capacity: 2_048) >= 0 }
}

@Suite("X4 sound and reports of others")
struct InjectionTests {
  private static func payload(_ number: Int) -> [UInt8] {
    (0..<160).map { UInt8(truncatingIfNeeded: $0 * 7 + number) }
  }

  /// A packet that could be of the phone's stream.
  private func forged(_ phone: TestPhone, ssrc: UInt32? = nil, _ number: Int) -> [UInt8] {
    RTPHeader(
      payloadType: 0, sequence: phone.sequence, timestamp: phone.timestamp, ssrc: ssrc ?? phone.ssrc
    ).packet(Self.payload(number))
  }

  private func describe(_ rig: Rig, _ participant: ParticipantID, _ role: Role, _ sdp: String) throws {
    let leg = try #require(rig.legs[participant])
    let mediaLeg = MediaLeg(
      leg: leg, participant: participant, role: role, sources: SourcePolicy(signallingAddress: nil))
    rig.perform(.acceptOffer(mediaLeg, sdp: sdp))
    rig.perform(.makeAnswer(leg, like: nil))
    _ = try rig.description(leg)
  }

  @Test(
    "X4 before the peer is known, once he is, and during his hold: nothing in from strangers, nothing out")
  func strangers() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s")
      let far = try Stranger("127.0.0.9")
      agent.send(Self.payload(1))
      #expect(customer.receive()?.payload == Self.payload(1), "he is sent to where he was signalled")
      for _ in 0..<10 { far.send(forged(customer, 66), to: customer.remote) }
      try rig.barrier()
      #expect(agent.receiveAll().isEmpty && supervisor.receiveAll().isEmpty)

      customer.send(Self.payload(2))
      #expect(agent.receive()?.payload == Self.payload(2) && supervisor.receive()?.payload == Self.payload(2))
      let near = try Stranger("127.0.0.1")
      func attack() throws {
        for stranger in [far, near] {
          for _ in 0..<10 { stranger.send(forged(customer, 66), to: customer.remote) }
        }
        try rig.barrier()
      }
      try attack()
      agent.send(Self.payload(3))
      #expect(customer.receive()?.payload == Self.payload(3))

      for hold in ["inactive", "sendonly"] {
        try describe(rig, Rig.customer, .customer, customer.sdp(direction: hold))
        try attack()
      }
      // The old way to hold: no address at all.
      let nowhere = customer.sdp().replacing("c=IN IP4 127.0.0.1", with: "c=IN IP4 0.0.0.0")
      try describe(rig, Rig.customer, .customer, nowhere)
      try attack()
      try describe(rig, Rig.customer, .customer, customer.sdp())
      try attack()
      customer.send(Self.payload(5))
      #expect(agent.receive()?.payload == Self.payload(5) && supervisor.receive()?.payload == Self.payload(5))
      try rig.barrier()
      #expect(agent.receiveAll().isEmpty && supervisor.receiveAll().isEmpty)
      #expect(!far.hasReceived && !near.hasReceived)
      #expect(try rig.closeLeg(Rig.customer).strangers == 10, "the kernel drops them once he is known")
    }
  }

  @Test("X4 after a move the leg goes with its peer: late packets and others at the old place are strangers")
  func move() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send(Self.payload(1))
      try #require(agent.receive() != nil)
      let moved = try TestPhone(port: Rig.freePorts(2))
      (moved.remote, moved.sequence, moved.timestamp) = (customer.remote, 7_000, 9_000)
      try describe(rig, Rig.customer, .customer, moved.sdp())
      // Still under way when the description came: the same host, the old port.
      for number in 2...4 { customer.send(Self.payload(number)) }
      let far = try Stranger("127.0.0.9")
      far.send(forged(moved, 66), to: moved.remote)
      try rig.barrier()
      agent.send(Self.payload(5))
      #expect(moved.receive()?.payload == Self.payload(5), "at once where he says that he is")
      #expect(customer.receiveAll().isEmpty && !far.hasReceived)
      moved.send(Self.payload(6))
      #expect(agent.receive()?.payload == Self.payload(6))
      // Now the kernel knows him again.
      for number in 2...4 { customer.send(Self.payload(number)) }
      far.send(forged(moved, 66), to: moved.remote)
      moved.send(Self.payload(7))
      #expect(agent.receive()?.payload == Self.payload(7))
      agent.send(Self.payload(8))
      #expect(moved.receive()?.payload == Self.payload(8))
      #expect(agent.receiveAll().isEmpty && customer.receiveAll().isEmpty && !far.hasReceived)
      #expect(try rig.closeLeg(Rig.customer).strangers == 4)
    }
  }

  @Test("S4 a peer who says another address but sends from where he was (NAT) is known again after a second")
  func sameSource() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send(Self.payload(1))
      try #require(agent.receive() != nil)
      let elsewhere = customer.sdp().replacing("m=audio \(customer.port)", with: "m=audio 9999")
      try describe(rig, Rig.customer, .customer, elsewhere)
      customer.send(Self.payload(2))
      try rig.barrier()
      #expect(agent.receiveAll().isEmpty)
      rig.clock.advance(ms: 1_000)
      customer.send(Self.payload(3))
      #expect(agent.receive()?.payload == Self.payload(3))
      agent.send(Self.payload(4))
      #expect(customer.receive()?.payload == Self.payload(4))
    }
  }

  @Test("S4 a hold without an address and its end leave a peer behind NAT known, without a gap")
  func heldBehindNAT() async throws {
    try await Rig.run { rig in
      let agent = try rig.join(Rig.agent, .agent)
      let customer = try rig.join(
        Rig.customer, .customer, extra: "c=IN IP4 192.0.2.9\r\n",
        sources: SourcePolicy(signallingAddress: "127.0.0.1"))
      try rig.apply("c>a a>c")
      customer.send(Self.payload(1))
      try #require(agent.receive() != nil)
      for address in ["0.0.0.0", "192.0.2.9"] {
        try describe(rig, Rig.customer, .customer, customer.sdp(extra: "c=IN IP4 \(address)\r\n"))
      }
      customer.send(Self.payload(2))
      #expect(agent.receive()?.payload == Self.payload(2))
      agent.send(Self.payload(3))
      #expect(customer.receive()?.payload == Self.payload(3))
    }
  }

  @Test(
    "X4 forged reports: a BYE ends nothing, another's loss isn't ours, and reports stay where the peer's are")
  func reports() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send(Self.payload(1))
      agent.send(Self.payload(1))
      let ours = try #require(customer.receive()).header.ssrc
      try #require(agent.receive() != nil)
      func report(about source: UInt32, lost: Int32) -> (UnsafeMutableRawPointer, Int) -> Int {
        { bytes, capacity in
          RTCP.write(
            bytes, capacity: capacity, ssrc: customer.ssrc, sender: nil,
            report: RTCP.ReportBlock(
              ssrc: source, fractionLost: 255, cumulativeLost: lost, extendedHighest: 1, jitter: 9,
              lastSenderReport: 0, delaySinceLastSenderReport: 0), cname: "x", bye: true)
        }
      }
      func forged(_ write: (UnsafeMutableRawPointer, Int) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
          if let base = buffer.baseAddress { count = write(UnsafeMutableRawPointer(base), 512) }
        }
      }
      // The peer's own: the port that it comes from is his from now on.
      customer.sendReport(report(about: ours, lost: 3))
      try rig.barrier()
      let (far, near) = (try Stranger("127.0.0.9"), try Stranger("127.0.0.1"))
      let port = customer.remote.with(port: customer.remote.port + 1)
      for stranger in [far, near] { stranger.send(forged(report(about: ours, lost: 777)), to: port) }
      // By the right address, but of another stream.
      customer.sendReport(report(about: ours ^ 1, lost: 888))
      // And at the port of sound it is no sound.
      far.send(forged(report(about: ours, lost: 999)), to: customer.remote)
      try rig.barrier()
      customer.send(Self.payload(2))
      #expect(agent.receive()?.payload == Self.payload(2))
      agent.send(Self.payload(3))
      #expect(customer.receive()?.payload == Self.payload(3))
      rig.clock.advance(ms: 8_000)
      try rig.settle()
      #expect(customer.receiveReport(about: customer.ssrc) != nil, "our reports go to him")
      #expect(!far.hasReceived && !near.hasReceived)
      let closed = try rig.closeLeg(Rig.customer)
      #expect(closed.reportedLost == 3 && closed.strangers == 2)
    }
  }

  @Test("X4 forged streams from the peer's own address cost his real packets nothing")
  func streams() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      var last: RTPHeader?
      for number in 1...60 {
        rig.clock.advance(ms: 20)
        customer.send(Self.payload(number))
        let heard = try #require(agent.receive())
        #expect(heard.payload == Self.payload(number), "packet \(number)")
        if let last {
          #expect(
            heard.header.ssrc == last.ssrc
              && SequenceDistance.from(last.sequence, to: heard.header.sequence) > 0)
        }
        last = heard.header
        if number % 5 == 0 {
          // By his own socket, as if the sender's address were forged.
          customer.send(packet: forged(customer, ssrc: UInt32(number), 200))
          last = agent.receive()?.header ?? last
        }
      }
    }
  }
}
