import RTP
import Testing

@Suite("Offer and answer with browsers")
struct BrowserOfferTests {
  private static let fingerprint = (0..<UInt8(32)).map { $0 &* 7 }

  private func local(_ supported: [AudioFormat] = [.opus, .g722, .pcmu, .pcma]) -> LocalAudio {
    var local = LocalAudio(
      address: "192.0.2.1", port: 10_000, sessionID: "42",
      supported: supported + [.telephoneEvent, .wideTelephoneEvent])
    local.browser = BrowserTransport(
      fragment: "ourfrag1", password: "ourpasswordourpassword", fingerprint: Self.fingerprint, setup: .passive
    )
    local.rtcpMux = true
    local.hasOwnOrder = true
    return local
  }

  private func answer(
    _ offer: String, _ supported: [AudioFormat] = [.opus, .g722, .pcmu, .pcma]
  ) throws -> (answer: SessionDescription, negotiation: AudioNegotiation) {
    try OfferAnswer.answer(to: SessionDescription(parsing: offer), local: local(supported))
  }

  @Test(
    "I1 offers of Chromium and aiortc are answered by our order of codecs, with keys on the same clock",
    arguments: [
      ([AudioFormat.opus, .g722, .pcmu, .pcma], "111 110", "96"), ([.g722, .opus], "9 126", "9"),
      ([.pcma, .opus, .pcmu], "8 126", "8"), ([.pcmu], "0 126", "0"),
    ])
  func codecs(order: [AudioFormat], chromium: String, aiortc: String) throws {
    for (offer, expected) in [
      (CaughtOffers.chromiumListening, chromium), (CaughtOffers.chromiumEverything, chromium),
      (CaughtOffers.aiortc, aiortc),
    ] {
      let (answer, agreed) = try answer(offer, order)
      #expect(answer.media[0].formats.joined(separator: " ") == expected)
      #expect(agreed.codec.isSameEncoding(as: order[0]) && agreed.rtcpMux)
      // 0.0.0.0 in `c=` is no hold of a browser's.
      #expect(agreed.remoteDirection.receives && agreed.localDirection.sends)
    }
  }

  @Test("I1 what a browser says of ICE and DTLS is read")
  func transport() throws {
    let browser = try #require(try answer(CaughtOffers.chromiumListening).negotiation.browser)
    #expect(CaughtOffers.chromiumListening.contains("a=ice-ufrag:\(browser.fragment)\r\n"))
    #expect(CaughtOffers.chromiumListening.contains("a=ice-pwd:\(browser.password)\r\n"))
    #expect(CaughtOffers.chromiumListening.contains("a=fingerprint:\(browser.fingerprintText)\r\n"))
    #expect(browser.setup == .actpass && browser.mid == "0")
  }

  @Test("I1 every medium of the offer has its place in the answer; only the first sound is on and bundled")
  func extraMedia() throws {
    let (answer, _) = try answer(CaughtOffers.chromiumEverything)
    #expect(answer.media.map(\.kind) == ["audio", "video", "application"])
    #expect(answer.media.map(\.port) == [10_000, 0, 0])
    #expect(answer.media.map { $0.attributes.value(of: "mid") } == ["0", "1", "2"])
    #expect(answer.attributes.value(of: "group") == "BUNDLE 0" && answer.attributes.contains("ice-lite"))
    let sound = answer.media[0].attributes
    #expect(sound.value(of: "setup") == "passive" && sound.value(of: "ice-ufrag") == "ourfrag1")
    #expect(sound.value(of: "candidate") == "1 1 udp 2130706431 192.0.2.1 10000 typ host")
    #expect(try SessionDescription(parsing: answer.text) == answer)
  }

  @Test("I1 what a browser's description may not lack is named")
  func lacking() throws {
    for (line, missing) in [
      ("a=ice-ufrag", "ice-ufrag"), ("a=ice-pwd", "ice-pwd"), ("a=fingerprint:sha-256", "fingerprint"),
      ("a=rtcp-mux", "rtcp-mux"),
    ] {
      let lines = CaughtOffers.chromiumListening.split(separator: "\r\n").filter { !$0.hasPrefix(line) }
      let offer = try SessionDescription(parsing: lines.joined(separator: "\r\n"))
      do {
        _ = try OfferAnswer.answer(to: offer, local: local())
        Issue.record("\(line) isn't missed")
      } catch { #expect(error.description.contains(missing)) }
    }
  }

  @Test("I1 only an active side can be answered, and a browser's answer has to be active")
  func setup() throws {
    let passive = CaughtOffers.chromiumListening.replacing("a=setup:actpass", with: "a=setup:passive")
    #expect(throws: OfferAnswerError.wrongSetup("passive")) { try answer(passive) }
    let active = CaughtOffers.chromiumListening.replacing("a=setup:actpass", with: "a=setup:active")
    #expect(try answer(active).negotiation.browser?.setup == .active)
    let concluded = try OfferAnswer.conclude(answer: SessionDescription(parsing: active), local: local())
    #expect(concluded.codec.isSameEncoding(as: .opus))
    #expect(concluded.telephoneEventPayloadType == 110 && concluded.localTelephoneEventPayloadType == 110)
    #expect(throws: OfferAnswerError.wrongSetup("actpass")) {
      try OfferAnswer.conclude(
        answer: SessionDescription(parsing: CaughtOffers.chromiumListening), local: local())
    }
  }

  @Test("I1 plain RTP isn't taken for a browser's, nor the other way")
  func otherTransport() throws {
    let plain =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    #expect(throws: OfferAnswerError.unsupportedTransport("RTP/AVP")) { try answer(plain) }
    let telephone = LocalAudio(address: "192.0.2.1", port: 10_000, sessionID: "42")
    #expect(throws: OfferAnswerError.unsupportedTransport("UDP/TLS/RTP/SAVPF")) {
      try OfferAnswer.answer(to: SessionDescription(parsing: CaughtOffers.aiortc), local: telephone)
    }
  }
}
