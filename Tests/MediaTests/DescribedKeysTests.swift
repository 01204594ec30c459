import RTP
import Supervision
import Testing

@testable import Media

@Suite("I1 SRTP with keys in descriptions", .timeLimit(.minutes(1)))
struct DescribedKeysTests {
  /// A phone's side of the keys.
  private final class Keys {
    let line: CryptoAttribute
    let sealing: SRTPStream
    private(set) var opening: SRTPStream?

    init(_ suite: CryptoAttribute.Suite, fill: UInt8) {
      line = CryptoAttribute(
        tag: 1, suite: suite, secret: (0..<UInt8(suite.secretLength)).map { $0 &+ fill })
      sealing = Self.stream(line, isSealing: true)
    }

    private static func stream(_ line: CryptoAttribute, isSealing: Bool) -> SRTPStream {
      SRTPStream(
        line.suite == .aes128GCM ? .aes128GCM : .aes128CounterSHA1,
        SRTPMaster(key: Array(line.secret.prefix(16)), salt: Array(line.secret.dropFirst(16))),
        isSealing: isSealing)
    }

    func take(_ sdp: String) throws {
      let medium = try SessionDescription(parsing: sdp).media[0]
      let line = try #require(medium.attributes.value(of: "crypto").flatMap { CryptoAttribute($0) })
      opening = Self.stream(line, isSealing: false)
    }

    func sealed(_ packet: [UInt8]) -> [UInt8] {
      var bytes = packet + [UInt8](repeating: 0, count: SRTPStream.mostOverhead)
      let count = bytes.withUnsafeMutableBytes { sealing.seal($0.baseAddress!, count: packet.count) }
      return Array(bytes.prefix(count))
    }

    func opened(_ packet: [UInt8]) -> [UInt8]? {
      var bytes = packet
      let count = bytes.withUnsafeMutableBytes { opening?.open($0.baseAddress!, count: packet.count) ?? 0 }
      return count > 0 ? Array(bytes.prefix(count)) : nil
    }
  }

  private func join(
    _ rig: Rig, _ id: ParticipantID, _ role: Role, _ keys: Keys, leg: UInt64
  ) throws -> TestPhone {
    let phone = try TestPhone(port: Rig.freePorts(2))
    let sdp = phone.sdp(extra: "a=crypto:\(keys.line.text)\r\n").replacing("RTP/AVP", with: "RTP/SAVP")
    let media = MediaLeg(
      leg: LegID(leg), participant: id, role: role, sources: SourcePolicy(signallingAddress: nil))
    rig.perform(.acceptOffer(media, sdp: sdp))
    rig.perform(.makeAnswer(LegID(leg), like: nil))
    let answer = try rig.description(LegID(leg))
    try phone.take(answer)
    try keys.take(answer)
    return phone
  }

  @Test(
    "I1 what is sealed by one is heard by the other under his own keys, byte by byte; what isn't sealed, or twice, is nobody's",
    arguments: CryptoAttribute.Suite.allCases)
  func relay(suite: CryptoAttribute.Suite) async throws {
    try await Rig.run(levels: false) { rig in
      let (theirs, ours) = (Keys(suite, fill: 1), Keys(.aes128GCM, fill: 77))
      let customer = try join(rig, Rig.customer, .customer, theirs, leg: 901)
      let agent = try join(rig, Rig.agent, .agent, ours, leg: 902)
      let listener = try rig.join(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s")
      let sound = [UInt8](repeating: 0x42, count: 160)
      func packet(_ number: UInt16) -> [UInt8] {
        RTPHeader(
          payloadType: 0, sequence: number, timestamp: UInt32(number) * 160, ssrc: customer.ssrc
        ).packet(sound)
      }
      // Before anybody is known: what bears no seal teaches nothing.
      customer.send(packet: packet(1))
      try rig.barrier()
      #expect(agent.receiveAll().isEmpty && listener.receiveAll().isEmpty)
      for number in UInt16(2)..<20 {
        let sealed = theirs.sealed(packet(number))
        customer.send(packet: sealed)
        let heard = try #require(agent.rawReceive())
        #expect(heard.count == 12 + 160 + 16)
        let opened = try #require(ours.opened(heard))
        #expect(RTPHeader.parse(opened)?.payloadType == 0 && Array(opened.suffix(160)) == sound)
        #expect(listener.receive()?.payload == sound, "in the clear, as he has it")
        customer.send(packet: sealed)
        customer.send(packet: packet(number &+ 100))
      }
      try rig.barrier()
      #expect(agent.receiveAll().isEmpty && listener.receiveAll().isEmpty)
      #expect(try rig.counters().srtpFailures == 37)
    }
  }

  @Test(
    "I1 an offer that repeats the keys goes on counting, one with another key begins anew; the answer's key stays"
  )
  func again() async throws {
    try await Rig.run(levels: false) { rig in
      let keys = Keys(.aes128GCM, fill: 1)
      let customer = try join(rig, Rig.customer, .customer, keys, leg: 901)
      let agent = try rig.join(Rig.agent, .agent)
      try rig.apply("c>a a>c")
      let sound = [UInt8](repeating: 0x42, count: 160)
      func say(_ number: UInt16, _ keys: Keys) -> [UInt8]? {
        customer.send(
          packet: keys.sealed(
            RTPHeader(payloadType: 0, sequence: number, timestamp: UInt32(number) * 160, ssrc: customer.ssrc)
              .packet(sound)))
        return agent.receive(within: 300)?.payload
      }
      #expect(say(1, keys) == sound)
      func reoffer(_ line: CryptoAttribute) throws -> String {
        let sdp = customer.sdp(extra: "a=crypto:\(line.text)\r\n").replacing("RTP/AVP", with: "RTP/SAVP")
        let media = MediaLeg(
          leg: LegID(901), participant: Rig.customer, role: .customer,
          sources: SourcePolicy(signallingAddress: nil))
        rig.perform(.acceptOffer(media, sdp: sdp))
        try rig.await("accepted") { if case .offerAccepted(LegID(901), _) = $0 { true } else { nil } }
        rig.perform(.makeAnswer(LegID(901), like: nil))
        return try rig.description(LegID(901))
      }
      let same = try reoffer(keys.line)
      #expect(say(2, keys) == sound)
      let next = Keys(.aes128GCM, fill: 99)
      let changed = try reoffer(next.line)
      #expect(say(3, next) == sound)
      #expect(say(4, keys) == nil, "the old key is worth nothing any more")
      func crypto(_ sdp: String) -> Substring? {
        sdp.split(separator: "\r\n").first { $0.hasPrefix("a=crypto") }
      }
      #expect(crypto(same) == crypto(changed) && crypto(same) != nil)
    }
  }

  @Test("I1 keys are wanted and none can be used: refused with the reason")
  func unusable() async throws {
    try await Rig.run { rig in
      let phone = try TestPhone(port: Rig.freePorts(2))
      let media = MediaLeg(
        leg: LegID(9), participant: Rig.customer, role: .customer,
        sources: SourcePolicy(signallingAddress: nil))
      rig.perform(.acceptOffer(media, sdp: phone.sdp().replacing("RTP/AVP", with: "RTP/SAVP")))
      let why = try rig.await("failed") { event -> String? in
        if case .failed(LegID(9), .badDescription(let why)) = event { why } else { nil }
      }
      #expect(why.contains("a=crypto"))
    }
  }
}
