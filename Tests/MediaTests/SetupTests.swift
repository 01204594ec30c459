import RTP
import Supervision
import Testing

@testable import Media

@Suite("Setting up: settings, ports, descriptions")
struct SetupTests {
  private func engine(_ change: (inout MediaSettings) -> Void) throws -> MediaEngine {
    var settings = MediaSettings(
      bindAddress: "127.0.0.1", advertisedAddress: "127.0.0.1", ports: 11_000...11_009, workers: 1)
    change(&settings)
    return try MediaEngine(settings, onEvent: { _, _ in })
  }

  @Test("S4 settings that can't work are refused with what, where and the remedy")
  func badSettings() {
    #expect(throws: MediaSetupError.badPortRange(11_001...11_002)) {
      try engine { $0.ports = 11_001...11_002 }
    }
    #expect(throws: MediaSetupError.badPortRange(80...90)) { try engine { $0.ports = 80...90 } }
    #expect(throws: MediaSetupError.badAddress("pbx.example")) {
      try engine { $0.bindAddress = "pbx.example" }
    }
    #expect(throws: MediaSetupError.badAddress("0.0.0.0")) { try engine { $0.advertisedAddress = "0.0.0.0" } }
    #expect(throws: MediaSetupError.badWorkers(0)) { try engine { $0.workers = 0 } }
    #expect(throws: MediaSetupError.badPacketTime(5)) { try engine { $0.ptime = 5 } }
    #expect(throws: MediaSetupError.self) { try engine { $0.bindAddress = "192.0.2.77" } }
    #expect(MediaSetupError.badPortRange(80...90).description.contains("20000-29999"))
  }

  @Test("S4 when no port is left a leg is refused, and the others go on")
  func portsUsedUp() async throws {
    try await Rig.run(pairs: 2) { rig in
      _ = try rig.parties()
      let leg = MediaLeg(
        leg: LegID(9), participant: Rig.supervisor, role: .supervisor,
        sources: SourcePolicy(signallingAddress: nil))
      rig.perform(.makeOffer(leg, like: nil))
      let why: String = try rig.await("failed") { event in
        if case .failed(LegID(9), .noResources(let why)) = event { why } else { nil }
      }
      #expect(why.contains("2 RTP port pairs"))
      _ = try rig.closeLeg(Rig.agent)
      rig.perform(.makeOffer(leg, like: nil))
      #expect(try rig.description(LegID(9)).contains("m=audio"))
    }
  }

  @Test("S4 an offer that can't be used opens nothing and says why")
  func badOffers() async throws {
    try await Rig.run { rig in
      let leg = MediaLeg(
        leg: LegID(1), participant: Rig.customer, role: .customer,
        sources: SourcePolicy(signallingAddress: nil))
      rig.perform(.acceptOffer(leg, sdp: "v=0\r\nnonsense"))
      let bad: String = try rig.await("failed") { event in
        if case .failed(_, .badDescription(let why)) = event { why } else { nil }
      }
      #expect(bad.contains("line 2"))
      let g729 =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 18\r\n"
      rig.perform(.acceptOffer(leg, sdp: g729))
      let noCodec: String = try rig.await("failed") { event in
        if case .failed(_, .noCommonCodec(let why)) = event { why } else { nil }
      }
      #expect(noCodec.contains("G729") && noCodec.contains("PCMU"))
      #expect(try rig.counters().legs == 0)
    }
  }

  @Test("M11 the second leg is offered the codec and the packet time of the first")
  func likeTheOther() async throws {
    try await Rig.run { rig in
      let customer = try TestPhone(port: Rig.freePorts(2), law: .a)
      let agent = try TestPhone(port: Rig.freePorts(2), law: .a)
      let (first, second) = (LegID(1), LegID(2))
      let strict = SourcePolicy(signallingAddress: nil)
      rig.perform(
        .acceptOffer(
          MediaLeg(leg: first, participant: Rig.customer, role: .customer, sources: strict),
          sdp: customer.sdp(ptime: 30, codecs: "8 0 101")))
      rig.perform(
        .makeOffer(MediaLeg(leg: second, participant: Rig.agent, role: .agent, sources: strict), like: first))
      let offer = try rig.description(second)
      #expect(offer.contains("RTP/AVP 8 0 9 111 13 101 110") && offer.contains("a=ptime:30"))
      try agent.take(offer)
      rig.perform(.acceptAnswer(second, sdp: agent.sdp(ptime: 30, codecs: "0 101"), source: "127.0.0.1"))
      let direction: MediaDirection = try rig.await("answerAccepted") { event in
        if case .answerAccepted(second, let direction) = event { direction } else { nil }
      }
      #expect(direction == .sendrecv)
      rig.perform(.makeAnswer(first, like: second))
      let answer = try rig.description(first)
      #expect(answer.contains("RTP/AVP 0 101") && answer.contains("a=ptime:30"))
      try customer.take(answer)
      try rig.apply("c>a a>c")
      customer.send([UInt8](repeating: 0x55, count: 240), payloadType: 0)
      #expect(agent.receive()?.payload == [UInt8](repeating: 0x55, count: 240))
      // The same answer again changes nothing; a description is numbered anew only if it differs.
      rig.perform(.acceptAnswer(second, sdp: agent.sdp(ptime: 30, codecs: "0 101"), source: "127.0.0.1"))
      rig.perform(.makeAnswer(first, like: second))
      #expect(try rig.description(first) == answer)
    }
  }

  @Test("S4 calls are spread over the workers, whole, and unknown ones are no trouble")
  func workers() async throws {
    try await Rig.run(workers: 3) { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      customer.send([1])
      #expect(agent.receive()?.payload == [1])
      let other = CallID("nobody's")
      rig.engine.perform(.closeLeg(LegID(77)), for: other)
      rig.engine.perform(.closeCall, for: other)
      rig.perform(.closeLeg(LegID(77)))
      _ = try rig.await("callClosed") { $0 == .callClosed ? true : nil }
      #expect(try rig.counters().calls == 1)
    }
  }
}
