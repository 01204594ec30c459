import Supervision
import Testing

@testable import Signalling

@Suite("Who may come in", .timeLimit(.minutes(1))) struct DoorTests {
  @Test("S4 a user registers with his password, and is counted")
  func register() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone()
    #expect(await fixture.plane.counters.registrations == 1)
    // The binding runs out by the plane's clock.
    fixture.advance(milliseconds: 3_600_001)
    #expect(await fixture.plane.counters.registrations == 0)
    await fixture.close(phone)
  }

  @Test("S4 unregistering makes the phone unreachable")
  func unregister() async throws {
    let fixture = try await PlaneFixture()
    let phone = Wire()
    _ = try await phone.open()
    let registration = await phone.stack.register(bob, registrar: "127.0.0.1:\(fixture.port)")
    _ = await phone.response(.register, registration)
    phone.forget()
    await phone.stack.unregister(registration, registrar: "127.0.0.1:\(fixture.port)")
    #expect(await phone.response(.register, registration).status == 200)
    #expect(await fixture.plane.counters.registrations == 0)
    await fixture.close(phone)
  }

  @Test("S4 a wrong password is asked again, counted and logged, and registers nobody")
  func wrongPassword() async throws {
    let fixture = try await PlaneFixture()
    let phone = Wire()
    _ = try await phone.open()
    let registration = await phone.stack.register(
      SIPCredentials(user: "bob", password: "guess"), registrar: "127.0.0.1:\(fixture.port)")
    #expect(await phone.response(.register, registration).status == 401)
    let counters = await fixture.plane.counters
    #expect(counters.authenticationFailures == 1)
    #expect(counters.registrations == 0)
    #expect(fixture.lines.contains { $0.contains("wrong password of 'bob'") })
    await fixture.close(phone)
  }

  @Test("S4 a stale nonce is renewed without asking the user")
  func stale() async throws {
    let fixture = try await PlaneFixture()
    let phone = Wire()
    _ = try await phone.open()
    let registrar = "127.0.0.1:\(fixture.port)"
    let registration = await phone.stack.register(bob, registrar: registrar)
    _ = await phone.response(.register, registration)
    fixture.advance(milliseconds: 301_000)
    phone.forget()
    await phone.stack.reregister(registration, registrar: registrar, expires: 600)
    #expect(await phone.response(.register, registration).status == 200)
    #expect(await fixture.plane.counters.authenticationFailures == 0)
    await fixture.close(phone)
  }

  @Test("S4 a user's phone calls with his password and is who he is, whatever its From says")
  func userCalls() async throws {
    let fixture = try await PlaneFixture()
    let phone = Wire()
    _ = try await phone.open()
    let call = await phone.stack.invite(
      OutgoingInvite(
        uri: "sip:*31anna@127.0.0.1:\(fixture.port)", fromUser: "bob", fromName: "The Boss", sdp: offer,
        headers: ["X-Earshot-Queue: sales"], credentials: bob))
    let invite = await fixture.incoming()
    #expect(invite.endpoint == .user(tenant, UserID("bob")))
    #expect(invite.caller.user == "bob")
    #expect(invite.headers.isEmpty)
    fixture.plane.perform(.answer(invite.leg, sdp: answer))
    #expect(await phone.response(.invite, call).status == 200)
    let leg = invite.leg
    _ = await fixture.event { $0 == .acknowledged(leg) }
    fixture.plane.perform(.end(leg, .normal))
    _ = await phone.request(.bye)
    await fixture.close(phone)
  }

  @Test("S4 a stranger's INVITE and REGISTER get 403, a counter and few lines of log")
  func strangers() async throws {
    let fixture = try await PlaneFixture()
    let stranger = Wire()
    _ = try await stranger.open()
    for _ in 0..<30 {
      let call = await fixture.call(from: stranger)
      #expect(await stranger.response(.invite, call).status == 403)
    }
    let registration = await stranger.stack.register(
      SIPCredentials(user: "mallory", password: "x"), registrar: "127.0.0.1:\(fixture.port)")
    #expect(await stranger.response(.register, registration).status == 403)
    #expect(await fixture.plane.counters.strangers == 31)
    #expect(fixture.lines.count == 10)
    #expect(fixture.events.isEmpty)
    await fixture.expectNoLegLeft()
    await fixture.close(stranger)
  }

  @Test("S4 a known user's name without credentials is asked for them, and no call comes of it")
  func nameAlone() async throws {
    let fixture = try await PlaneFixture()
    let phone = Wire()
    _ = try await phone.open()
    let call = await phone.stack.invite(
      OutgoingInvite(uri: "sip:1001@127.0.0.1:\(fixture.port)", fromUser: "bob", sdp: offer))
    let response = await phone.response(.invite, call)
    #expect(response.status == 401)
    #expect(response.message?.challenges.map { $0.parameters["algorithm"] } == ["MD5"])
    #expect(fixture.events.isEmpty)
    await fixture.close(phone)
  }

  @Test("S4 a phone that knows SHA-256 registers by it")
  func sha256() async throws {
    var settings = try PlaneFixture.settings()
    settings.digests = [.sha256]
    let fixture = try await PlaneFixture(settings)
    let phone = try await fixture.phone()
    #expect(await fixture.plane.counters.registrations == 1)
    await fixture.close(phone)
  }

  @Test("S4 OPTIONS is answered with what Earshot can do")
  func options() async throws {
    let fixture = try await PlaneFixture()
    let peer = Wire()
    _ = try await peer.open()
    let question = await peer.stack.options(uri: "sip:127.0.0.1:\(fixture.port)")
    let response = await peer.response(.options, question)
    #expect(response.status == 200)
    #expect(
      response.message?.allow
        == ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "SUBSCRIBE"])
    #expect(response.message?.extensions == ["100rel", "timer", "replaces"])
    await fixture.close(peer)
  }
}
