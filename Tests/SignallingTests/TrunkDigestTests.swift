import Locking
import Supervision
import Testing

@testable import Signalling

@Suite("Digest towards trunks", .timeLimit(.minutes(1))) struct TrunkDigestTests {
  private let leg = LegID(2)

  private func fixture(
    _ far: ChallengingTrunk, password: String = ChallengingTrunk.account.password, registration: Int? = nil
  ) async throws -> PlaneFixture {
    let port = try await far.wire.open()
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    settings.trunks[0].credentials = SIPCredentials(user: ChallengingTrunk.account.user, password: password)
    settings.trunks[0].registration = registration
    return try await PlaneFixture(settings)
  }

  private func dial(_ fixture: PlaneFixture) {
    fixture.plane.perform(
      .dial(
        leg, .nextHop("carrier", user: "4930"), sdp: offer, caller: CallerIdentity(user: "anna", name: ""),
        options: DialOptions()))
  }

  @Test(
    "S1 an INVITE's challenge is met with the first function that both know, of the server (401) and of a proxy (407)",
    arguments: [
      ([.md5], 401, "MD5"), ([.sha256], 401, "SHA-256"), ([.sha256, .md5], 407, "SHA-256"),
      ([.md5, .sha256], 407, "MD5"),
    ] as [([DigestHash], Int, String)])
  func invite(hashes: [DigestHash], status: Int, taken: String) async throws {
    let far = ChallengingTrunk(hashes, status: status)
    let fixture = try await fixture(far)
    dial(fixture)
    let leg = leg
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.2") }
    let invite = await far.wire.request(.invite)
    _ = await far.wire.request(.ack)
    #expect(far.verdicts == ["INVITE \(taken) accepted"])
    #expect(!fixture.events.contains { if case .failed = $0 { true } else { false } })
    fixture.plane.perform(.end(leg, .normal))
    _ = await far.wire.request(.bye)
    _ = await fixture.ended(leg)
    await far.wire.stack.release(invite.dialog)
    await fixture.expectNoLegLeft()
    await fixture.close(far.wire)
  }

  @Test("S1 a wrong password: a clear failure, a line that says what to correct, and two INVITEs, no more")
  func wrongPassword() async throws {
    let far = ChallengingTrunk([.sha256, .md5])
    let fixture = try await fixture(far, password: "guess")
    dial(fixture)
    #expect(await fixture.failed(leg) == SIPFailure(503, "Next Hop Refuses Credentials"))
    #expect(far.verdicts == ["INVITE SHA-256 refused"])
    let line = await fixture.line { $0.contains("refuses the credentials") }
    #expect(line.contains("of trunk 'carrier'") && line.contains("of 'earshot'"), "\(line)")
    #expect(line.contains("username and password") && !line.contains("guess"), "\(line)")
    #expect(await fixture.plane.counters.refusedCredentials == 1)
    await fixture.expectNoLegLeft()
    await fixture.close(far.wire)
  }

  @Test("S1 a trunk that challenges without our having credentials: the line says what is missing")
  func noCredentials() async throws {
    let far = ChallengingTrunk([.md5])
    let port = try await far.wire.open()
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    let fixture = try await PlaneFixture(settings)
    dial(fixture)
    #expect(await fixture.failed(leg).status == 503)
    #expect(await fixture.line { $0.contains("wants credentials (401)") }.contains("username and a password"))
    await fixture.expectNoLegLeft()
    await fixture.close(far.wire)
  }

  @Test("S1 a challenge that can't be met ends the call, and isn't tried")
  func unknownFunction() async throws {
    let far = Wire(SIPStackSettings(address: "127.0.0.2"))
    let port = try await far.open()
    far.onEvent { stack, event in
      guard case .request(let request) = event, request.method == .invite else { return }
      stack.respond(
        request.dialog, status: 401, phrase: "Unauthorized",
        headers: ["WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256"])
    }
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    settings.trunks[0].credentials = ChallengingTrunk.account
    let fixture = try await PlaneFixture(settings)
    dial(fixture)
    #expect(await fixture.failed(leg).status == 503)
    await fixture.expectNoLegLeft()
    await fixture.close(far)
  }

  @Test(
    "S1 within a call that the trunk has opened, the challenges of our re-INVITE's kin and of our BYE are met"
  )
  func bye() async throws {
    var settings = try PlaneFixture.settings()
    settings.trunks[0].credentials = ChallengingTrunk.account
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let incoming = await fixture.incoming()
    fixture.plane.perform(.answer(incoming.leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    let tag = try #require(RawPeer.header("To", of: accepted)?.split(separator: "tag=").last.map(String.init))
    peer.send(peer.request("ACK", toTag: tag))
    _ = await fixture.event { $0 == .acknowledged(incoming.leg) }
    fixture.plane.perform(.end(incoming.leg, .normal))
    let first = try #require(peer.receive("BYE"))
    #expect(RawPeer.header("Authorization", of: first) == nil)
    peer.answer(
      first, "401 Unauthorized",
      headers: ["WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\""])
    let second = try #require(peer.receive("BYE"))
    let proof = try #require(RawPeer.header("Authorization", of: second))
    let uri = try #require(second.split(separator: " ").dropFirst().first.map(String.init))
    let clientNonce = try #require(proof.split(separator: "cnonce=\"").last?.split(separator: "\"").first)
    let challenge = try #require(
      DigestChallenge(["realm": "r", "nonce": "n", "algorithm": "SHA-256", "qop": "auth"]))
    #expect(
      challenge.answer(
        ChallengingTrunk.account, method: "BYE", uri: uri, count: 1, clientNonce: String(clientNonce))
        == proof)
    peer.answer(second, "200 OK")
    _ = await fixture.ended(incoming.leg)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "S1 Earshot registers at a trunk, says so, keeps it fresh, and takes it back when it stops",
    arguments: [[.md5], [.sha256, .md5]] as [[DigestHash]])
  func register(hashes: [DigestHash]) async throws {
    let far = ChallengingTrunk(hashes)
    let fixture = try await fixture(far, registration: 3600)
    _ = await fixture.line { $0.hasPrefix("registered at 127.0.0.2:") }
    let counters = await fixture.plane.counters
    #expect(counters.trunkRegistrationsWanted == 1)
    #expect(counters.trunkRegistrations == 1)
    let request = await far.wire.request(.register)
    #expect(request.message.to.user == "earshot")
    #expect(request.message.to.host == "127.0.0.2")
    #expect(request.message.contacts.first?.uri.hasPrefix("sip:earshot@127.0.0.1:\(fixture.port)") == true)
    far.wire.forget()
    await fixture.plane.stop()
    let farewell = await far.wire.request(.register)
    #expect(farewell.message.expires == 0)
    #expect(far.verdicts.count == 2)
    await far.wire.stack.stop()
  }

  @Test("S1 a registration is refreshed before it ends, with the nonce that is known")
  func refreshed() async throws {
    let far = Wire(SIPStackSettings(address: "127.0.0.2", allowed: [.register, .options]))
    let port = try await far.open()
    let authenticator = Lock(DigestAuthenticator(realm: "far", hashes: [.sha256], lifetime: 300))
    far.onEvent { stack, event in
      guard case .request(let request) = event, request.method == .register else { return }
      let challenge: [String]? = authenticator.withLock { authenticator in
        guard let digest = request.message.credentials.first else { return authenticator.challenge(at: 0) }
        let verdict = authenticator.verify(
          digest.parameters, method: "REGISTER", password: ChallengingTrunk.account.password, at: 0)
        return verdict == .accepted ? nil : authenticator.challenge(at: 0)
      }
      if let challenge {
        return stack.respond(request.dialog, status: 401, phrase: "Unauthorized", headers: challenge)
      }
      let contact = request.message.contacts.first?.uri ?? ""
      // It grants much less than is asked for.
      stack.respond(request.dialog, status: 200, phrase: "OK", headers: ["Contact: <\(contact)>;expires=4"])
    }
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    settings.trunks[0].credentials = ChallengingTrunk.account
    settings.trunks[0].registration = 3600
    let fixture = try await PlaneFixture(settings)
    _ = await fixture.line { $0.hasPrefix("registered at 127.0.0.2:") }
    let granted = ContinuousClock.now
    far.forget()
    let refresh = await far.request(.register)
    #expect(granted.duration(to: .now) < .seconds(4))
    #expect(refresh.message.expires == 3600)
    #expect(refresh.message.credentials.first?.parameters["nc"] == "00000002")
    #expect(fixture.lines.count == 1, "told once")
    await fixture.close(far)
  }

  @Test("S1 a registrar that wants longer ones gets them (423)")
  func tooBrief() async throws {
    let far = Wire(SIPStackSettings(address: "127.0.0.2", allowed: [.register, .options]))
    let port = try await far.open()
    far.onEvent { stack, event in
      guard case .request(let request) = event, request.method == .register else { return }
      let seconds = request.message.expires ?? 0
      if (1..<1800).contains(seconds) {
        return stack.respond(
          request.dialog, status: 423, phrase: "Interval Too Brief", headers: ["Min-Expires: 1800"])
      }
      let contact = request.message.contacts.first?.uri ?? ""
      stack.respond(
        request.dialog, status: 200, phrase: "OK", headers: ["Contact: <\(contact)>;expires=\(seconds)"])
    }
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    settings.trunks[0].credentials = ChallengingTrunk.account
    settings.trunks[0].registration = 60
    let fixture = try await PlaneFixture(settings)
    _ = await fixture.line { $0.hasPrefix("registered at 127.0.0.2:") }
    await fixture.close(far)
  }

  @Test("S1 a registration that is refused is told with the next try; a wrong password isn't repeated soon")
  func refused() async throws {
    let far = ChallengingTrunk([.md5])
    let fixture = try await fixture(far, password: "guess", registration: 3600)
    let line = await fixture.line { $0.hasPrefix("no registration at 127.0.0.2:") }
    #expect(line.contains("401") && line.contains("next try in 300 s"), "\(line)")
    #expect(await fixture.line { $0.contains("refuses the credentials") }.contains("'earshot'"))
    #expect(far.verdicts == ["REGISTER MD5 refused"])
    #expect(await fixture.plane.counters.trunkRegistrations == 0)
    await fixture.close(far.wire)
  }

  @Test("S1 a registrar that says when it will be there is asked then, not before")
  func retryAfter() async throws {
    let far = Wire(SIPStackSettings(address: "127.0.0.2", allowed: [.register, .options]))
    let port = try await far.open()
    far.onEvent { stack, event in
      guard case .request(let request) = event, request.method == .register else { return }
      stack.respond(
        request.dialog, status: 503, phrase: "Service Unavailable", headers: ["Retry-After: 17"])
    }
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port)"]
    settings.trunks[0].credentials = ChallengingTrunk.account
    settings.trunks[0].registration = 3600
    let fixture = try await PlaneFixture(settings)
    let line = await fixture.line { $0.hasPrefix("no registration at") }
    #expect(line.hasSuffix("503 Service Unavailable; next try in 17 s"), "\(line)")
    await fixture.close(far)
  }
}
