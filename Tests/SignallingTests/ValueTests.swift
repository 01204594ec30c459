import Supervision
import Testing

@testable import Signalling

@Suite("Values of signalling") struct ValueTests {
  @Test("S4 a token bucket lets a burst through, then so many a second, and counts the rest")
  func bucket() {
    var bucket = TokenBucket(capacity: 3, perSecond: 2)
    #expect((0..<5).map { _ in bucket.take(at: 1000) } == [0, 0, 0, nil, nil])
    #expect(bucket.take(at: 1499) == nil)
    #expect(bucket.take(at: 1500) == 3)
    #expect(bucket.take(at: 1500) == nil)
    // A pause fills it, but not beyond its capacity; a clock that stands still gives nothing.
    #expect((0..<5).map { _ in bucket.take(at: 100_000) } == [1, 0, 0, nil, nil])
    #expect(bucket.take(at: 5) == nil)
  }

  @Test(
    "S4 a trunk's sources: address, network, address and port",
    arguments: [
      ("10.1.2.3", "10.1.2.3", 5060, true), ("10.1.2.3", "10.1.2.4", 5060, false),
      ("10.0.0.0/8", "10.255.0.1", 1, true), ("10.0.0.0/8", "11.0.0.1", 1, false),
      ("10.1.2.128/25", "10.1.2.127", 1, false), ("10.1.2.128/25", "10.1.2.200", 1, true),
      ("0.0.0.0/0", "8.8.8.8", 1, true), ("127.0.0.1:5080", "127.0.0.1", 5080, true),
      ("127.0.0.1:5080", "127.0.0.1", 5081, false), ("2001:db8::/32", "2001:db8:1::5", 1, true),
      ("2001:db8::/32", "2001:db9::5", 1, false), ("[::1]:5060", "::1", 5060, true),
      ("10.1.2.3", "::ffff:10.1.2.3", 1, true), ("10.1.2.3", "::1", 1, false),
      ("10.1.2.3", "nonsense", 1, false),
    ] as [(String, String, UInt16, Bool)])
  func sources(network: String, address: String, port: UInt16, isInside: Bool) throws {
    #expect(try #require(SourceNetwork(network)).contains(address, port: port) == isInside)
  }

  @Test(
    "S4 what is no source is refused",
    arguments: [
      "", "host.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10.0.0.1:99999", "::1/129", "[::1]",
    ])
  func noSource(text: String) { #expect(SourceNetwork(text) == nil) }

  @Test("S4 digest by both functions, with the vectors of RFC 7616 section 3.9.1")
  func vectors() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    let expected = [
      DigestHash.md5: "8ca523f5e9506fed4657c9700eebdbec",
      .sha256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ]
    for (hash, response) in expected {
      let secret = hash.hex("Mufasa:http-auth@example.org:Circle of Life")
      let act = hash.hex("GET:/dir/index.html")
      let clientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
      #expect(hash.hex("\(secret):\(nonce):00000001:\(clientNonce):auth:\(act)") == response)
    }
  }

  @Test("S4 HMAC-SHA-256 as in RFC 4231 section 4.3")
  func authenticationCode() {
    let code = DigestHash.authenticationCode("what do ya want for nothing?", key: Array("Jefe".utf8))
    #expect(DigestHash.hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  /// What a phone would send for a challenge.
  private func credentials(
    for challenge: String, password: String = "pw", count: Int = 1, method: String = "REGISTER"
  ) throws -> [String: String] {
    let nonce = String(
      try #require(challenge.split(separator: "nonce=\"").last?.split(separator: "\"").first))
    let hash: DigestHash = challenge.contains("SHA-256") ? .sha256 : .md5
    let digits = String(count, radix: 16)
    let counter = String(repeating: "0", count: 8 - digits.count) + digits
    let secret = hash.hex("anna:earshot:\(password)")
    let response = hash.hex("\(secret):\(nonce):\(counter):c:auth:\(hash.hex("\(method):sip:x"))")
    return [
      "username": "anna", "realm": "earshot", "nonce": nonce, "uri": "sip:x", "response": response,
      "qop": "auth",
      "cnonce": "c", "nc": counter, "algorithm": hash.rawValue,
    ]
  }

  @Test("S4 credentials are good once per count, for their nonce's life, for their method and password")
  func verdicts() throws {
    var door = DigestAuthenticator(realm: "earshot", hashes: [.sha256, .md5], lifetime: 60)
    for challenge in door.challenge(at: 5000) {
      let good = try credentials(for: challenge)
      #expect(door.verify(good, method: "INVITE", password: "pw", at: 5001) == .refused)
      #expect(door.verify(good, method: "REGISTER", password: "no", at: 5001) == .refused)
    }
    let challenge = try #require(door.challenge(at: 5000).first)
    let good = try credentials(for: challenge)
    #expect(door.verify(good, method: "REGISTER", password: "pw", at: 5001) == .accepted)
    #expect(door.verify(good, method: "REGISTER", password: "pw", at: 5001) == .stale)
    let second = try credentials(for: challenge, count: 2)
    #expect(door.verify(second, method: "REGISTER", password: "pw", at: 64_999) == .accepted)
    let third = try credentials(for: challenge, count: 3)
    #expect(door.verify(third, method: "REGISTER", password: "pw", at: 65_000) == .stale)
    // A nonce that somebody made up, or that another process made.
    var forged = good
    forged["nonce"] = String(repeating: "0", count: 64)
    #expect(door.verify(forged, method: "REGISTER", password: "pw", at: 5001) == .refused)
    var other = DigestAuthenticator(realm: "earshot", hashes: [.md5], lifetime: 60)
    #expect(other.verify(good, method: "REGISTER", password: "pw", at: 5001) == .refused)
    for name in good.keys where name != "algorithm" {
      var incomplete = second
      incomplete[name] = nil
      #expect(door.verify(incomplete, method: "REGISTER", password: "pw", at: 5001) == .refused, "\(name)")
    }
  }

  private func registration(_ contacts: [(String, Int?)], expires: Int? = nil, port: UInt16 = 1) -> SIPMessage
  {
    SIPMessage(
      requestUser: "", requestHost: "", requestURI: "", from: .init(user: "", host: "", name: "", tag: nil),
      to: .init(user: "", host: "", name: "", tag: nil), callID: "",
      contacts: contacts.map { .init(uri: $0.0, expires: $0.1) }, expires: expires, userAgent: "",
      credentials: [],
      challenges: [], allow: [], otherHeaders: [:], sourceAddress: "10.0.0.9", sourcePort: port)
  }

  @Test("S4 registrations: newest counts, too brief is told so, the old place can't take back the new")
  func registrar() {
    var registrar = Registrar(minimum: 60, maximum: 3600)
    let (anna, acme) = (UserID("anna"), TenantID("acme"))
    func send(_ contacts: [(String, Int?)], expires: Int? = nil, at now: UInt64 = 0) -> Registrar.Answer {
      registrar.register(registration(contacts, expires: expires), user: anna, tenant: acme, at: now)
    }
    #expect(send([]) == .empty)
    #expect(send([("sip:a@x", 59)]) == .tooBrief(minimum: 60))
    #expect(send([("mailto:a@x", 60)]) == .badRequest("only sip: contacts can be called"))
    #expect(send([("sip:a@x", nil)], expires: 100) == .done(contact: "sip:a@x", seconds: 100))
    #expect(registrar.binding(of: anna, tenant: acme, at: 99_999)?.source == "10.0.0.9:1")
    #expect(registrar.binding(of: anna, tenant: acme, at: 100_000) == nil)
    #expect(registrar.binding(of: anna, tenant: TenantID("other"), at: 0) == nil)
    #expect(send([("sip:b@x", 99_999)]) == .done(contact: "sip:b@x", seconds: 3600))
    #expect(send([("sip:a@x", 0)]) == .done(contact: "sip:b@x", seconds: 3600))
    #expect(send([], at: 600_000) == .done(contact: "sip:b@x", seconds: 3000))
    #expect(send([("*", nil)], expires: 5) == .badRequest("Contact '*' needs Expires 0 and no other contact"))
    #expect(send([("*", nil)], expires: 0) == .empty)
    #expect(registrar.count(at: 0) == 0)
  }

  @Test("S4 text can't break out of a header, and user parts survive their encoding")
  func text() {
    #expect(SIPText.quoted("a\"b\\c\r\nX: y") == "\"a\\\"b\\\\c  X: y\"")
    #expect(SIPText.unquoted(SIPText.quoted("a\"b\\c")) == "a\"b\\c")
    #expect(SIPText.line("a\r\nb") == "a  b")
    for user in ["*31anna", "+49 30", "a;b?c", "ä@ö%", "100%"] {
      #expect(SIPURI.decoded(SIPURI.encoded(user)) == user)
    }
    #expect(SIPURI(user: "*31a b", host: "::1", port: 5060).description == "sip:*31a%20b@[::1]:5060")
  }

  @Test("M8 every refusal has a SIP status of its kind and a phrase that fits a line")
  func refusals() {
    let all: [Refusal: Int] = [
      .unknownCall: 404, .noCallForAgent: 480, .unknownSession: 404, .notPermitted(.barge): 403,
      .alreadySupervising: 486, .alreadyTakenOver: 486, .agentReleased: 480, .callNotActive: 480,
      .auditUnavailable: 503, .statementMissing("purpose"): 403, .deviceUnusable("x"): 480, .deviceBusy: 486,
      .deviceNoAnswer: 408, .noCommonCodec: 488, .badDescription("x"): 488, .noResources("x"): 503,
      .overloaded: 503,
      .noRoute("1"): 404, .stopping: 503,
    ]
    for (refusal, status) in all { #expect(SIPFailure(refusal: refusal).status == status, "\(refusal)") }
  }

  @Test("S1 a Reason is kept, or has a default")
  func reasons() {
    let given = HangupReason(
      .init(protocolName: "Q.850", cause: 17, text: "busy"), otherwise: .normal)
    #expect(given == HangupReason(protocolName: "Q.850", cause: 17, text: "busy"))
    #expect(HangupReason(nil, otherwise: .normal) == .normal)
    #expect(given.header == "Reason: Q.850;cause=17;text=\"busy\"")
    #expect(given.refusal.status == 487)
    #expect(HangupReason(cause: 603, text: "no").refusal.status == 603)
  }
}
