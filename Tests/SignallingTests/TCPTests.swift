import Supervision
import Testing

@testable import Signalling

@Suite("SIP over TCP", .timeLimit(.minutes(1))) struct TCPTests {
  private func wire(_ address: String = "127.0.0.1") -> Wire {
    var settings = SIPStackSettings(address: address)
    settings.tcp = true
    return Wire(settings)
  }

  /// A phone that has registered as bob by a connection of its own.
  private func phone(at fixture: PlaneFixture) async throws -> Wire {
    let phone = wire()
    _ = try await phone.open()
    let registration = await phone.stack.register(bob, registrar: "127.0.0.1:\(fixture.port);transport=tcp")
    #expect(await phone.response(.register, registration).status == 200)
    return phone
  }

  /// What bob answers to a challenge of his REGISTER.
  private static func credentials(for challenge: String) throws -> String {
    let nonce = try #require(challenge.split(separator: "nonce=\"").last?.split(separator: "\"").first)
    let secret = DigestHash.md5.hex("bob:earshot:\(bob.password)")
    let act = DigestHash.md5.hex("REGISTER:sip:earshot")
    let response = DigestHash.md5.hex("\(secret):\(nonce):00000001:abc:auth:\(act)")
    return
      "Authorization: Digest username=\"bob\", realm=\"earshot\", nonce=\"\(nonce)\", uri=\"sip:earshot\", "
      + "response=\"\(response)\", qop=auth, nc=00000001, cnonce=\"abc\", algorithm=MD5"
  }

  @Test("S1 I1 a phone registers by TCP with a digest, and calls to it use the connection that it opened")
  func flow() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await phone(at: fixture)
    #expect(await fixture.plane.counters.flows == 1)
    phone.onEvent(answersAtOnce)
    fixture.dialBob()
    let invite = await phone.request(.invite)
    #expect(invite.message.transport == .tcp)
    // A connection of Earshot's own would come from some other port.
    #expect(invite.message.sourcePort == fixture.port)
    _ = await fixture.event { if case .answered(LegID(2), _, _) = $0 { true } else { false } }
    fixture.plane.perform(.end(LegID(2), .normal))
    let bye = await phone.request(.bye)
    #expect(bye.message.transport == .tcp && bye.message.sourcePort == fixture.port)
    #expect(await fixture.ended(LegID(2)) == .normal)
    #expect(await fixture.plane.counters.connections == 1)
    await fixture.close(phone)
  }

  @Test("S1 I1 a phone calls by TCP, is asked for its digest, and is hung up on by the same connection")
  func call() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await phone(at: fixture)
    let dialog = await phone.stack.invite(
      OutgoingInvite(
        uri: "sip:1001@127.0.0.1:\(fixture.port);transport=tcp", fromUser: "bob", sdp: offer, credentials: bob
      ))
    let invite = await fixture.incoming()
    #expect(invite.endpoint == .user(tenant, UserID("bob")))
    fixture.plane.perform(.answer(invite.leg, sdp: answer))
    #expect(await phone.response(.invite, dialog).message?.transport == .tcp)
    _ = await fixture.event { $0 == .acknowledged(invite.leg) }
    fixture.plane.perform(.end(invite.leg, .normal))
    let bye = await phone.request(.bye).message
    #expect(bye.transport == .tcp && bye.sourcePort == fixture.port)
    #expect(await fixture.ended(invite.leg) == .normal)
    #expect(await fixture.plane.counters.connections == 1)
    await fixture.close(phone)
  }

  @Test("S4 I1 an INVITE of 20,000 bytes comes whole by TCP, in pieces if need be")
  func large() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let long = offer + (0..<500).map { "a=x-filler:\($0) abcdefghijklmnopqrstuvwx\r\n" }.joined()
    let text = peer.request("INVITE", headers: ["Max-Forwards: 70"], body: long).replacing(
      "SIP/2.0/UDP", with: "SIP/2.0/TCP")
    let connection = try RawConnection(target: fixture.port)
    connection.send(String(text.prefix(700)))
    // What comes between is another peer's, and no part of the first one's message.
    let other = try RawConnection(target: fixture.port)
    other.send(peer.request("OPTIONS", call: "between").replacing("/UDP", with: "/TCP"))
    #expect(other.receive()?.hasPrefix("SIP/2.0 200") == true)
    connection.send(String(text.dropFirst(700)))
    #expect(await fixture.incoming().sdp == long)
    #expect(connection.receive()?.hasPrefix("SIP/2.0 100") == true)
    await fixture.close()
  }

  @Test("S1 I1 a next hop with ;transport=tcp is called by TCP")
  func nextHop() async throws {
    let carrier = wire("127.0.0.2")
    let port = try await carrier.open()
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(port);transport=tcp"]
    let fixture = try await PlaneFixture(settings)
    carrier.onEvent(answersAtOnce)
    fixture.plane.perform(
      .dial(
        LegID(2), .nextHop("carrier", user: "4930"), sdp: offer,
        caller: CallerIdentity(user: "anna", name: ""), options: DialOptions()))
    let invite = await carrier.request(.invite)
    #expect(invite.message.transport == .tcp)
    #expect(invite.message.requestUser == "4930")
    _ = await fixture.event { if case .answered(LegID(2), _, _) = $0 { true } else { false } }
    await carrier.stack.bye(invite.dialog)
    _ = await fixture.ended(LegID(2))
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S4 a next hop by TCP at which nobody listens fails")
  func deadNextHop() async throws {
    var settings = try PlaneFixture.settings()
    settings.transactionTimeout = 1_000
    settings.trunks[0].nextHops = ["127.0.0.2:9;transport=tcp"]
    let fixture = try await PlaneFixture(settings)
    fixture.plane.perform(
      .dial(
        LegID(2), .nextHop("carrier", user: "4930"), sdp: offer,
        caller: CallerIdentity(user: "anna", name: ""), options: DialOptions()))
    #expect([408, 503].contains(await fixture.failed(LegID(2)).status))
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("X4 who connects and says nothing, half a message or garbage, or breaks off, leaves nothing behind")
  func roughConnections() async throws {
    var settings = try PlaneFixture.settings()
    settings.idleConnection = 300
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let good = peer.request("INVITE", call: "half", body: offer).replacing("/UDP", with: "/TCP")
    let silent = try RawConnection(target: fixture.port)
    let half = try RawConnection(target: fixture.port)
    half.send(String(good.prefix(200)))
    let headless = try RawConnection(target: fixture.port)
    headless.send(String(good.dropLast(20)))
    let garbage = try RawConnection(target: fixture.port)
    garbage.send("\u{0}\u{1}\u{2} this is no SIP\r\n\r\n\r\n\r\n")
    for length in [0, 1, 200] {
      let broken = try RawConnection(target: fixture.port)
      broken.send(String(good.prefix(length)))
      broken.reset()
    }
    #expect(silent.waitForClose())
    #expect(half.waitForClose())
    #expect(headless.waitForClose())
    #expect(garbage.waitForClose())
    #expect(fixture.events.isEmpty)
    // It answers as ever, to this one connection and no other.
    let last = try RawConnection(target: fixture.port)
    last.send(peer.request("OPTIONS", call: "alive").replacing("/UDP", with: "/TCP"))
    #expect(last.receive()?.hasPrefix("SIP/2.0 200") == true)
    #expect(await fixture.plane.counters.connections == 1)
    #expect(await fixture.plane.stack.liveDialogs == 0)
    await fixture.close()
  }

  @Test("S4 a phone whose connection has broken isn't called by it any more")
  func brokenFlow() async throws {
    var settings = try PlaneFixture.settings()
    settings.keepAlive = 1
    settings.transactionTimeout = 1_000
    let fixture = try await PlaneFixture(settings)
    let writer = try RawPeer(target: fixture.port)
    let phone = try RawConnection(from: "127.0.0.1", target: fixture.port)
    func register(_ sequence: Int, _ headers: [String] = []) -> String {
      let text = writer.request(
        "REGISTER", uri: "sip:bob@earshot", from: "bob", sequence: sequence, headers: headers)
      phone.send(text.replacing("/UDP", with: "/TCP"))
      return phone.receive() ?? ""
    }
    #expect(register(2, [try Self.credentials(for: register(1))]).hasPrefix("SIP/2.0 200"))
    // The connection is used, so that nobody forgets it.
    let check = try #require(phone.receive())
    #expect(check.hasPrefix("OPTIONS sip:bob@127.0.0.1:\(writer.port)"))
    #expect(await fixture.plane.counters.registrations == 1)
    // Powered off: no farewell, no unregistration.
    phone.reset()
    let line = await fixture.line { $0.contains("registration(s)") }
    #expect(line.hasPrefix("the connection from 127.0.0.1:"))
    #expect(await fixture.plane.counters.registrations == 0)
    #expect(await fixture.plane.counters.flows == 0)
    #expect(await fixture.plane.stack.liveTimers == 0)
    await fixture.close()
  }

  @Test("S5 a phone whose Contact can't be reached is called where its REGISTER came from")
  func unreachableContact() async throws {
    let fixture = try await PlaneFixture()
    let phone = try RawPeer(target: fixture.port)
    // The Contact that the peer writes is replaced by that of a phone in a network of its own.
    func register(_ sequence: Int, _ headers: [String] = []) {
      let text = phone.request(
        "REGISTER", uri: "sip:bob@earshot", from: "bob", call: "nat", sequence: sequence, headers: headers)
      phone.send(
        text.replacing(
          "Contact: <sip:bob@127.0.0.1:\(phone.port)>", with: "Contact: <sip:bob@192.0.2.9:5060>"))
    }
    register(1)
    register(2, [try Self.credentials(for: try #require(phone.receive("SIP/2.0 401")))])
    #expect(phone.receive("SIP/2.0 200") != nil)
    fixture.dialBob()
    #expect(phone.receive("INVITE sip:bob@192.0.2.9:5060") != nil)
    await fixture.close()
  }

  @Test("X1 a TCP port in use is a clear error, and TCP can be switched off")
  func portInUse() async throws {
    let first = wire()
    let port = try await first.open()
    var settings = SIPStackSettings(address: "127.0.0.1", port: port)
    settings.tcp = true
    let second = SIPStack(settings)
    let error = await #expect(throws: SIPStackError.self) { try await second.open { _, _ in } }
    #expect(error?.description.contains("127.0.0.1:\(port)/tcp: Address already in use") == true)
    await first.stack.stop()

    var plain = try PlaneFixture.settings()
    plain.tcp = false
    let fixture = try await PlaneFixture(plain)
    #expect(throws: RawConnection.Refused.self) { try RawConnection(target: fixture.port) }
    await fixture.close()
  }
}
