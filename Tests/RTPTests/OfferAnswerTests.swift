import RTP
import TestKit
import Testing

@Suite("Offer and answer")
struct OfferAnswerTests {
  private let local = LocalAudio(address: "192.0.2.1", port: 10_000, sessionID: "42")

  private func offer(
    _ media: String, connection: String = "IP4 192.0.2.99"
  ) throws -> SessionDescription {
    try SessionDescription(
      parsing: "v=0\no=- 1 1 IN IP4 192.0.2.99\ns=-\nc=IN \(connection)\nt=0 0\n\(media)\n")
  }

  private func failure(_ media: String, connection: String = "IP4 192.0.2.99") throws -> OfferAnswerError? {
    let offer = try offer(media, connection: connection)
    do {
      _ = try OfferAnswer.answer(to: offer, local: local)
      return nil
    } catch { return error }
  }

  @Test("M11 our offer names everything that we take")
  func offering() throws {
    let text = OfferAnswer.offer(local).text
    let expected = """
      v=0
      o=earshot 42 1 IN IP4 192.0.2.1
      s=-
      c=IN IP4 192.0.2.1
      t=0 0
      m=audio 10000 RTP/AVP 0 8 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-16
      a=ptime:20
      a=sendrecv

      """
    #expect(text == expected.split(separator: "\n").map { $0 + "\r\n" }.joined())
  }

  @Test("M11 the answer takes one codec by the offer's order, under the offer's numbers, with keys")
  func answering() throws {
    let offer = try offer(
      """
      m=audio 4000 RTP/AVP 9 97 8 0 96
      a=rtpmap:97 opus/48000/2
      a=rtpmap:96 Telephone-Event/8000
      a=fmtp:96 0-11
      a=ptime:30
      """)
    let (answer, agreed) = try OfferAnswer.answer(to: offer, local: local)
    #expect(agreed.codec.isSameEncoding(as: .pcma) && agreed.codec.payloadType == 8)
    #expect(agreed.telephoneEventPayloadType == 96 && agreed.localTelephoneEventPayloadType == 96)
    #expect(agreed.ptime == 30 && agreed.remoteAddress == "192.0.2.99" && agreed.remotePort == 4_000)
    #expect(agreed.remoteRTCPPort == 4_001 && !agreed.rtcpMux && !agreed.comfortNoise)
    #expect(answer.media[0].formats == ["8", "96"] && answer.media[0].port == 10_000)
    #expect(answer.media[0].attributes.contains { $0 == .init("fmtp", "96 0-16") })
    #expect(answer.media[0].packetTime == 30)
  }

  @Test("M11 the other leg's codec is preferred if it is offered; else the offer's order decides")
  func preference() throws {
    let both = try offer("m=audio 4000 RTP/AVP 0 8")
    #expect(try OfferAnswer.answer(to: both, local: local, preferring: .pcma).negotiation.codec == .pcma)
    #expect(try OfferAnswer.answer(to: both, local: local).negotiation.codec == .pcmu)
    let one = try offer("m=audio 4000 RTP/AVP 0")
    #expect(try OfferAnswer.answer(to: one, local: local, preferring: .pcma).negotiation.codec == .pcmu)
  }

  @Test("M11 keys and comfort noise are agreed only if both take them, and are never the codec")
  func besides() throws {
    let offer = try offer(
      "m=audio 4000 RTP/AVP 13 101 102 0\na=rtpmap:101 telephone-event/48000\na=rtpmap:102 telephone-event/8000"
    )
    var noisy = local
    noisy.supported = [.pcmu, .comfortNoise]
    let (answer, agreed) = try OfferAnswer.answer(to: offer, local: noisy)
    #expect(agreed.comfortNoise && agreed.telephoneEventPayloadType == nil)
    #expect(answer.media[0].formats == ["0", "13"])
    #expect(try OfferAnswer.answer(to: offer, local: local).answer.media[0].formats == ["0", "102"])
  }

  @Test("S1 the answer's direction mirrors the offer, within ours", arguments: SDPDirection.allCases)
  func directions(offered: SDPDirection) throws {
    let offer = try offer("m=audio 4000 RTP/AVP 0\na=\(offered.rawValue)")
    for ours in SDPDirection.allCases {
      var local = local
      local.direction = ours
      let (answer, agreed) = try OfferAnswer.answer(to: offer, local: local)
      let direction = answer.direction(of: answer.media[0])
      #expect(agreed.remoteDirection == offered && agreed.localDirection == direction)
      #expect(!direction.sends || (offered.receives && ours.sends))
      #expect(!direction.receives || (offered.sends && ours.receives))
      if ours == .sendrecv { #expect(direction == offered.mirrored) }
      #expect(agreed.isHeldByRemote == !offered.receives)
    }
  }

  @Test("S1 an offer of address 0.0.0.0 is a hold")
  func oldHold() throws {
    let offer = try offer("m=audio 4000 RTP/AVP 0", connection: "IP4 0.0.0.0")
    let (answer, agreed) = try OfferAnswer.answer(to: offer, local: local)
    #expect(agreed.isHeldByRemote && agreed.remoteDirection == .inactive)
    #expect(answer.direction(of: answer.media[0]) == .inactive)
  }

  @Test("S4 media that we don't carry are answered with port 0, in their places")
  func extraMedia() throws {
    let offer = try offer(
      """
      m=video 4002 RTP/AVP 31
      m=audio 4004 RTP/SAVP 0
      m=audio 4000 RTP/AVP 0
      m=audio 4006 RTP/AVP 8
      """)
    let (answer, agreed) = try OfferAnswer.answer(to: offer, local: local)
    #expect(agreed.remotePort == 4_000)
    #expect(answer.media.map(\.kind) == ["video", "audio", "audio", "audio"])
    #expect(answer.media.map(\.port) == [0, 0, 10_000, 0])
    #expect(answer.media.map(\.transport) == offer.media.map(\.transport))
    #expect(answer.media[0].formats == ["31"])
  }

  @Test("X4 what leads to no sound is refused with its reason")
  func refusals() throws {
    #expect(
      try failure("m=audio 4000 RTP/AVP 9 97\na=rtpmap:97 opus/48000/2")
        == .noCommonCodec(
          offered: ["G722/8000", "opus/48000/2"], supported: ["PCMU/8000", "PCMA/8000"]))
    #expect(try failure("m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000") != nil)
    #expect(try failure("m=video 4000 RTP/AVP 31") == .noAudio)
    #expect(try failure("m=audio 0 RTP/AVP 0") == .noAudio)
    #expect(try failure("m=audio 4000 RTP/SAVP 0") == .unsupportedTransport("RTP/SAVP"))
    let strangers = [
      "host.example.com", "224.2.1.1/127", "224.2.1.1", "255.255.255.255", "1.2.3", "::ffff:239.0.0.1",
    ]
    for address in strangers {
      #expect(
        try failure("m=audio 4000 RTP/AVP 0", connection: "IP4 \(address)") == .unusableAddress(address))
    }
    #expect(try failure("m=audio 4000 RTP/AVP 0", connection: "IP6 ff02::1") == .unusableAddress("ff02::1"))
    #expect(try failure("m=audio 4000 RTP/AVP 0", connection: "IP6 2001:db8::7") == nil)
    #expect(OfferAnswerError.unusableAddress("").description.contains("no address"))
  }

  @Test(
    "M11 the packet time is the offer's, within its maximum and 10 to 60 ms",
    arguments: [
      ("", 20), ("a=ptime:10", 10), ("a=ptime:40", 40), ("a=ptime:5", 10), ("a=ptime:200", 60),
      ("a=ptime:0", 20), ("a=ptime:-20", 20), ("a=maxptime:10", 10), ("a=ptime:60\na=maxptime:30", 30),
      ("a=ptime:99999999999999999999", 20),
    ])
  func packetTime(attributes: String, expected: Int) throws {
    let offer = try offer("m=audio 4000 RTP/AVP 0\n\(attributes)")
    #expect(try OfferAnswer.answer(to: offer, local: local).negotiation.ptime == expected)
  }

  @Test("S4 RTCP goes where the description says; one port for both only if both want it")
  func rtcp() throws {
    let offer = try offer("m=audio 4000 RTP/AVP 0\na=rtcp:5000\na=rtcp-mux")
    let apart = try OfferAnswer.answer(to: offer, local: local)
    #expect(apart.negotiation.remoteRTCPPort == 5_000 && !apart.negotiation.rtcpMux)
    #expect(!apart.answer.media[0].isMultiplexed)
    var multiplexing = local
    multiplexing.rtcpMux = true
    let together = try OfferAnswer.answer(to: offer, local: multiplexing)
    #expect(together.negotiation.remoteRTCPPort == 4_000 && together.negotiation.rtcpMux)
    #expect(together.answer.media[0].isMultiplexed)
    #expect(OfferAnswer.offer(multiplexing).media[0].isMultiplexed)
  }

  @Test("M11 both sides of an offer and its answer agree on the same, whatever each takes")
  func bothSides() throws {
    var random = SeededGenerator(seed: 12)
    var agreements = 0
    for _ in 0..<500 {
      var caller = LocalAudio(address: "192.0.2.2", port: 5_000, sessionID: "1")
      var callee = local
      let all: [AudioFormat] = [.pcmu, .pcma, .comfortNoise, .telephoneEvent]
      let codec: AudioFormat = Bool.random(using: &random) ? .pcmu : .pcma
      caller.supported = all.filter { _ in Bool.random(using: &random) }.filter { $0 != codec }
      caller.supported = (caller.supported + [codec]).shuffled(using: &random)
      callee.supported = all.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
      caller.ptime = [10, 20, 30, 60].randomElement(using: &random) ?? 20
      let offer = try SessionDescription(parsing: OfferAnswer.offer(caller).text)
      guard let answered = try? OfferAnswer.answer(to: offer, local: callee) else {
        let common = caller.supported.filter { callee.supported.contains($0) && $0.payloadType < 10 }
        #expect(common.isEmpty)
        continue
      }
      agreements += 1
      let answer = try SessionDescription(parsing: answered.answer.text)
      let concluded = try OfferAnswer.conclude(answer: answer, local: caller)
      let agreed = answered.negotiation
      #expect(concluded.codec.isSameEncoding(as: agreed.codec) && concluded.ptime == agreed.ptime)
      #expect(concluded.telephoneEventPayloadType == agreed.telephoneEventPayloadType)
      #expect(concluded.comfortNoise == agreed.comfortNoise)
      #expect(concluded.localDirection == agreed.remoteDirection)
      #expect(concluded.remotePort == 10_000 && agreed.remotePort == 5_000)
    }
    #expect(agreements > 50)
  }

  @Test("M8 an answer may name another number for keys: each sends under the other's")
  func asymmetricKeys() throws {
    let answer = try offer("m=audio 4000 RTP/AVP 0 96\na=rtpmap:96 telephone-event/8000")
    let agreed = try OfferAnswer.conclude(answer: answer, local: local)
    #expect(agreed.telephoneEventPayloadType == 96 && agreed.localTelephoneEventPayloadType == 101)
  }

  @Test("S4 an answer that refuses the audio says so")
  func refusedAnswer() throws {
    let refused = try offer("m=audio 0 RTP/AVP 0")
    #expect(throws: OfferAnswerError.refused) { try OfferAnswer.conclude(answer: refused, local: local) }
    let empty = try offer("a=nothing")
    #expect(throws: OfferAnswerError.noAudio) { try OfferAnswer.conclude(answer: empty, local: local) }
  }
}
