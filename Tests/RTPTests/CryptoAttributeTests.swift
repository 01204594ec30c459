import RTP
import Testing

@Suite("I1 keys in descriptions (RFC 4568)")
struct CryptoAttributeTests {
  private static let secret = (0..<30).map { UInt8($0 * 7) }
  private static let gcm = CryptoAttribute(tag: 2, suite: .aes128GCM, secret: Array(secret.prefix(28)))
  private static let counter = CryptoAttribute(tag: 1, suite: .aes128CounterSHA1, secret: secret)

  @Test("I1 a line of ours is read as it was written, with a lifetime and harmless parameters too")
  func lines() {
    for line in [Self.gcm, Self.counter] {
      #expect(CryptoAttribute(line.text) == line)
      #expect(CryptoAttribute(line.text + "|2^31 WSH=64 -unknown") == line)
    }
    // RFC 4568 section 6.1 allows a key without its padding.
    #expect(CryptoAttribute(Self.counter.text.replacing("=", with: "")) == Self.counter)
  }

  @Test(
    "I1 what we can't do is not taken",
    arguments: [
      "", "1", "x AES_CM_128_HMAC_SHA1_80 inline:AAAA", "1 AES_CM_128_HMAC_SHA1_32 inline:KEY",
      "1 AES_CM_128_HMAC_SHA1_80 KEY", "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
      "1 AES_CM_128_HMAC_SHA1_80 inline:####",
      "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:4", "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4",
      "1 AES_CM_128_HMAC_SHA1_80 inline:KEY;inline:KEY",
      "1 AES_CM_128_HMAC_SHA1_80 inline:KEY UNENCRYPTED_SRTP",
      "1 AES_CM_128_HMAC_SHA1_80 inline:KEY KDR=1", "-1 AES_CM_128_HMAC_SHA1_80 inline:KEY",
      "1234567890 AES_CM_128_HMAC_SHA1_80 inline:KEY",
    ])
  func refused(line: String) {
    let key = Self.counter.text.split(separator: ":")[1]
    #expect(CryptoAttribute(line.replacing("KEY", with: String(key))) == nil)
  }

  private func offer(_ transport: String, _ lines: [String]) throws -> SessionDescription {
    try SessionDescription(
      parsing: "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n"
        + "m=audio 4000 \(transport) 0\r\n" + lines.map { "a=crypto:\($0)\r\n" }.joined())
  }

  private var local: LocalAudio {
    var local = LocalAudio(address: "192.0.2.1", port: 5_000, sessionID: "1")
    local.secret = Array(repeating: 9, count: 30)
    return local
  }

  @Test(
    "I1 GCM is taken before the others, under its own tag; the answer bears a key of ours, and the transport of theirs"
  )
  func answer() throws {
    for transport in ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"] {
      let offered = try offer(
        transport, [Self.counter.text, "3 F8_128_HMAC_SHA1_80 inline:AAAA", Self.gcm.text])
      let (answer, agreed) = try OfferAnswer.answer(to: offered, local: local)
      #expect(answer.media[0].transport == transport)
      let line = try #require(answer.media[0].attributes.value(of: "crypto").flatMap { CryptoAttribute($0) })
      #expect(line == CryptoAttribute(tag: 2, suite: .aes128GCM, secret: Array(repeating: 9, count: 28)))
      #expect(agreed.crypto == CryptoAgreement(local: line, remote: Self.gcm))
    }
    let (_, older) = try OfferAnswer.answer(to: offer("RTP/SAVP", [Self.counter.text]), local: local)
    #expect(older.crypto?.local.secret.count == 30)
  }

  @Test(
    "I1 where the peer insists on keys and none can be used, it is refused with the reason; beside RTP/AVP they are left out"
  )
  func unusable() throws {
    let lines = ["1 AES_CM_128_HMAC_SHA1_32 inline:AAAA"]
    #expect(throws: OfferAnswerError.noUsableKeys) {
      try OfferAnswer.answer(to: offer("RTP/SAVP", lines), local: local)
    }
    #expect(throws: OfferAnswerError.noUsableKeys) {
      try OfferAnswer.answer(to: offer("RTP/SAVP", []), local: local)
    }
    let (answer, agreed) = try OfferAnswer.answer(to: offer("RTP/AVP", lines), local: local)
    #expect(agreed.crypto == nil && !answer.media[0].attributes.contains("crypto"))
  }

  @Test("I1 an offer within a call repeats our key, and the answer may have the peer's new one")
  func again() throws {
    var own = local
    own.crypto = CryptoAttribute(tag: 2, suite: .aes128GCM, secret: Array(repeating: 9, count: 28))
    let offered = OfferAnswer.offer(own)
    #expect(offered.media[0].transport == "RTP/SAVP")
    #expect(offered.media[0].attributes.value(of: "crypto") == own.crypto?.text)
    let agreed = try OfferAnswer.conclude(answer: offer("RTP/SAVP", [Self.gcm.text]), local: own)
    #expect(agreed.crypto == CryptoAgreement(local: try #require(own.crypto), remote: Self.gcm))
    // Nobody talks us out of it, and nobody into keys that we haven't sent.
    #expect(throws: OfferAnswerError.noUsableKeys) {
      try OfferAnswer.conclude(answer: offer("RTP/AVP", []), local: own)
    }
    #expect(try OfferAnswer.conclude(answer: offer("RTP/AVP", [Self.gcm.text]), local: local).crypto == nil)
  }
}
