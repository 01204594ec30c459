import Supervision
import Testing

@testable import Signalling

@Suite("SIP over IPv6", .timeLimit(.minutes(1))) struct IPv6Tests {
  @Test("I1 a phone registers, calls and is called by IPv6, over UDP and TCP", arguments: [false, true])
  func phone(tcp: Bool) async throws {
    var settings = try PlaneFixture.settings()
    settings.address = "::1"
    settings.trunks = []
    let fixture = try await PlaneFixture(settings)
    let suffix = tcp ? ";transport=tcp" : ""
    var own = SIPStackSettings(address: "::1")
    own.tcp = tcp
    let phone = Wire(own)
    _ = try await phone.open()
    phone.onEvent(answersAtOnce)
    let registration = await phone.stack.register(bob, registrar: "[::1]:\(fixture.port)\(suffix)")
    #expect(await phone.response(.register, registration).status == 200)
    fixture.dialBob()
    let invite = await phone.request(.invite)
    #expect(invite.message.transport == (tcp ? .tcp : .udp))
    #expect(invite.message.contacts.first?.uri.contains("[::1]:\(fixture.port)") == true)
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: answer, source: "::1") }
    fixture.plane.perform(.end(LegID(2), .normal))
    #expect(await fixture.ended(LegID(2)) == .normal)

    let call = await phone.stack.invite(
      OutgoingInvite(
        uri: "sip:1001@[::1]:\(fixture.port)\(suffix)", fromUser: "bob", sdp: offer, credentials: bob))
    let incoming = await fixture.incoming()
    #expect(incoming.endpoint == .user(tenant, UserID("bob")) && incoming.sourceAddress == "::1")
    fixture.plane.perform(.answer(incoming.leg, sdp: answer))
    #expect(await phone.response(.invite, call).status == 200)
    _ = await fixture.event { $0 == .acknowledged(incoming.leg) }
    await phone.stack.bye(call)
    #expect(await fixture.ended(incoming.leg) == .normal)
    await fixture.plane.idle()
    // The connection of a phone that is registered is still looked after.
    #expect(await fixture.plane.stack.liveTimers == (tcp ? 1 : 0))
    #expect(await fixture.plane.stack.liveDialogs == 0)
    await fixture.close(phone)
  }

  @Test("I1 a trunk is known by its IPv6 address, and called at a next hop in brackets")
  func trunk() async throws {
    let far = Wire(SIPStackSettings(address: "::1"))
    far.onEvent(answersAtOnce)
    let farPort = try await far.open()
    var settings = try PlaneFixture.settings()
    settings.address = "::1"
    settings.trunks[0].sources = [try #require(SourceNetwork("::1"))]
    settings.trunks[0].nextHops = ["[::1]:\(farPort)"]
    let fixture = try await PlaneFixture(settings)
    fixture.plane.perform(
      .dial(
        LegID(2), .nextHop("carrier", user: "4930"), sdp: offer,
        caller: CallerIdentity(user: "anna", name: ""),
        options: DialOptions()))
    #expect(await far.request(.invite).message.requestUser == "4930")
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: answer, source: "::1") }
    let call = await far.stack.invite(
      OutgoingInvite(uri: "sip:1001@[::1]:\(fixture.port)", fromUser: "4930123", sdp: offer))
    #expect(await fixture.incoming().endpoint == .trunk(tenant, "carrier"))
    await far.stack.cancel(call)
    await fixture.close(far)
  }

  @Test("I1 bound to all addresses, peers are told the one that is advertised")
  func advertised() async throws {
    var settings = try PlaneFixture.settings()
    settings.address = "::"
    settings.advertisedAddress = "::1"
    let fixture = try await PlaneFixture(settings)
    let peer = Wire(SIPStackSettings(address: "::1"))
    _ = try await peer.open()
    let registration = await peer.stack.register(bob, registrar: "[::1]:\(fixture.port)")
    #expect(await peer.response(.register, registration).status == 200)
    peer.onEvent(answersAtOnce)
    fixture.dialBob()
    let invite = await peer.request(.invite)
    #expect(invite.message.contacts.first?.uri.contains("[::1]:\(fixture.port)") == true)
    await fixture.close(peer)
  }

  @Test("I1 an address that this machine doesn't have is named in the error")
  func noAddress() async throws {
    let wire = Wire(SIPStackSettings(address: "2001:db8::1"))
    do throws(SIPStackError) {
      try await wire.stack.open { _, _ in }
      Issue.record("opened")
    } catch {
      #expect("\(error)".contains("2001:db8::1"))
    }
  }
}
