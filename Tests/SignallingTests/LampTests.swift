import Supervision
import Testing

@testable import Signalling

@Suite("I6 lamps on the wire", .timeLimit(.minutes(1))) struct LampTests {
  private static let talking = Lamp(dialogs: [
    LampDialog(
      id: "c1", state: .confirmed, isInitiator: false, isHolding: true,
      other: CallerIdentity(user: "+49 30", name: "A & \"B\" <c>\u{1}"), since: Moment(wall: 0, uptime: 0))
  ])

  /// A phone whose library answers every NOTIFY.
  private func phone() async throws -> Wire {
    var settings = SIPStackSettings()
    settings.readHeaders = ["subscription-state"]
    let wire = Wire(settings)
    _ = try await wire.open()
    return wire
  }

  private func subscribe(
    _ wire: Wire, _ fixture: PlaneFixture, to user: String = "bob", as credentials: SIPCredentials = bob,
    event: String = "dialog", expires: Int = 600, accept: String? = nil
  ) async -> SIPDialog {
    await wire.stack.subscribe(
      uri: "sip:\(user)@127.0.0.1:\(fixture.port)", as: credentials, event: event, expires: expires,
      accept: accept)
  }

  private func wanted(_ fixture: PlaneFixture) async -> LampRequest {
    let event = await fixture.event { if case .lampWanted = $0 { true } else { false } }
    guard case .lampWanted(let request) = event else {
      fatalError("not reached: the test above let it through")
    }
    return request
  }

  private func gone(_ fixture: PlaneFixture, _ id: SubscriptionID) async {
    _ = await fixture.event { $0 == .lampGone(id) }
  }

  /// The first NOTIFY whose document, or whose Subscription-State, has this text.
  private func notified(_ wire: Wire, _ text: String) async -> SIPMessage {
    let event = await wire.event {
      guard case .request(let request) = $0 else { return false }
      let message = request.message
      return request.method == .notify
        && (message.body?.contains(text) == true
          || message.readHeaders["subscription-state"]?.contains(text) == true)
    }
    guard case .request(let request) = event else { fatalError("not reached: the test above let it through") }
    return request.message
  }

  private func expectNothingLeft(_ fixture: PlaneFixture) async {
    let deadline = ContinuousClock.now + .seconds(10)
    while await fixture.plane.stack.liveDialogs > 0, ContinuousClock.now < deadline { await Task.yield() }
    #expect(await fixture.plane.stack.liveDialogs == 0)
    #expect(await fixture.plane.stack.liveTimers == 0)
    #expect(await fixture.plane.counters.lamps == 0)
  }

  @Test("I6 RFC 6665 4.1: asked for with proof, told in full, told of changes, given up")
  func lifetime() async throws {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    let dialog = await subscribe(wire, fixture, to: "an%20na")
    let request = await wanted(fixture)
    #expect(request.user == UserID("bob") && request.tenant == tenant && request.address == "an na")
    fixture.plane.perform(.showLamp(request.subscription, Lamp()))
    let granted = await wire.response(.subscribe, dialog)
    #expect(granted.status == 200 && granted.message?.expires == 600)
    let first = await notified(wire, "version=\"0\" state=\"full\" entity=\"sip:an%20na@127.0.0.1\"")
    #expect(first.contentType == "application/dialog-info+xml" && first.event?.type == "dialog")
    #expect(first.body?.contains("<dialog ") == false)
    #expect(await fixture.plane.counters.lamps == 1)
    fixture.plane.perform(.showLamp(request.subscription, Self.talking))
    let second = await notified(wire, "version=\"1\"")
    let body = try #require(second.body)
    #expect(
      body.contains("<dialog id=\"c1\" direction=\"recipient\">") && body.contains("<state>confirmed</state>")
    )
    #expect(
      body.contains(
        "<identity display=\"A &amp; &quot;B&quot; &lt;c&gt; \">sip:+49%2030@127.0.0.1</identity>"), "\(body)"
    )
    #expect(body.contains("<param pname=\"+sip.rendering\" pval=\"no\"/>"))
    wire.forget()
    await wire.stack.resubscribe(dialog, event: "dialog", expires: 0)
    await gone(fixture, request.subscription)
    #expect(await wire.response(.subscribe, dialog).status == 200)
    _ = await notified(wire, "terminated")
    await expectNothingLeft(fixture)
    await fixture.close(wire)
  }

  @Test("I6 A2 asked for again: told anew; no longer allowed: told so, and over")
  func again() async throws {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    let dialog = await subscribe(wire, fixture)
    let request = await wanted(fixture)
    for version in 0...1 {
      fixture.plane.perform(.showLamp(request.subscription, Lamp()))
      _ = await notified(wire, "version=\"\(version)\"")
      wire.forget()
      fixture.forget()
      await wire.stack.resubscribe(dialog, event: "dialog", expires: 300)
      #expect(await wanted(fixture) == request)
      #expect(await wire.response(.subscribe, dialog).message?.expires == 300)
    }
    fixture.plane.perform(.refuseLamp(request.subscription, .noRoute("bob")))
    _ = await notified(wire, "terminated;reason=rejected")
    await gone(fixture, request.subscription)
    await expectNothingLeft(fixture)
    await fixture.close(wire)
  }

  @Test("I6 what changes while a NOTIFY is under way is told once, as it is in the end")
  func coalesced() async throws {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    _ = await subscribe(wire, fixture)
    let id = await wanted(fixture).subscription
    for _ in 0..<20 {
      fixture.plane.perform(.showLamp(id, Self.talking))
      fixture.plane.perform(.showLamp(id, Lamp()))
    }
    // The first one goes at once; of the other 39 only the last.
    let last = await notified(wire, "version=\"1\"")
    #expect(last.body?.contains("<dialog ") == false)
    await fixture.close(wire)
  }

  @Test("I6 a lamp that isn't asked for again ends with its time, and says so")
  func timedOut() async throws {
    var settings = try PlaneFixture.settings()
    settings.minimumExpires = 1
    let fixture = try await PlaneFixture(settings)
    let wire = try await phone()
    let dialog = await subscribe(wire, fixture, expires: 1)
    let id = await wanted(fixture).subscription
    fixture.plane.perform(.showLamp(id, Self.talking))
    #expect(await wire.response(.subscribe, dialog).status == 200)
    await gone(fixture, id)
    _ = await notified(wire, "terminated;reason=timeout")
    await expectNothingLeft(fixture)
    await fixture.close(wire)
  }

  @Test(
    "I6 RFC 6665 4.2.2 a phone that knows nothing of it, or is silent, isn't told again",
    arguments: [481, nil])
  func unwanted(status: Int?) async throws {
    var settings = try PlaneFixture.settings()
    settings.transactionTimeout = 1_000
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(target: fixture.port)
    try ask(peer, expires: 600)
    let id = await wanted(fixture).subscription
    fixture.plane.perform(.showLamp(id, Lamp()))
    #expect(peer.receive("SIP/2.0 200") != nil)
    let told = try #require(peer.receive("NOTIFY"))
    if let status { peer.answer(told, "\(status) Gone") }
    await gone(fixture, id)
    fixture.plane.perform(.showLamp(id, Self.talking))
    await expectNothingLeft(fixture)
    await fixture.close()
  }

  /// Asks as bob, with proof.
  private func ask(_ peer: RawPeer, expires: Int) throws {
    let uri = "sip:bob@127.0.0.1"
    let lines = ["Max-Forwards: 70", "Event: dialog", "Expires: \(expires)"]
    peer.send(peer.request("SUBSCRIBE", uri: uri, from: "bob", headers: lines))
    let challenge = try #require(peer.receive("SIP/2.0 401"))
    let proof = try peer.credentials(for: challenge, of: bob, method: "SUBSCRIBE", uri: uri)
    peer.send(peer.request("SUBSCRIBE", uri: uri, from: "bob", sequence: 2, headers: lines + [proof]))
  }

  @Test("I6 a time too short is refused with the shortest")
  func tooShort() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(target: fixture.port)
    try ask(peer, expires: 5)
    let refused = try #require(peer.receive("SIP/2.0 "))
    #expect(refused.hasPrefix("SIP/2.0 423 ") && RawPeer.header("Min-Expires", of: refused) == "60")
    await expectNothingLeft(fixture)
    await fixture.close()
  }

  @Test("I6 A2 refused by the calls: answered so, and forgotten")
  func refused() async throws {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    let dialog = await subscribe(wire, fixture, to: "nobody")
    let id = await wanted(fixture).subscription
    fixture.plane.perform(.refuseLamp(id, .noRoute("nobody")))
    #expect(await wire.response(.subscribe, dialog).status == 404)
    await expectNothingLeft(fixture)
    await fixture.close(wire)
  }

  @Test(
    "I6 X4 another event, a document nobody makes, a stranger",
    arguments: [
      (489, "presence", 600, nil, bob), (406, "dialog", 600, "text/plain", bob),
      (403, "dialog", 600, nil, SIPCredentials(user: "mallory", password: "x")),
      (401, "dialog", 600, nil, SIPCredentials(user: "bob", password: "wrong")),
    ] as [(Int, String, Int, String?, SIPCredentials)])
  func turnedAway(status: Int, event: String, expires: Int, accept: String?, who: SIPCredentials) async throws
  {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    let dialog = await subscribe(wire, fixture, as: who, event: event, expires: expires, accept: accept)
    #expect(await wire.response(.subscribe, dialog).status == status)
    await expectNothingLeft(fixture)
    #expect(!fixture.events.contains { if case .lampWanted = $0 { true } else { false } })
    await fixture.close(wire)
  }

  @Test("I6 X4 one user keeps no more lamps than a panel has keys")
  func most() async throws {
    var settings = try PlaneFixture.settings()
    settings.mostLamps = 2
    let fixture = try await PlaneFixture(settings)
    let wire = try await phone()
    for count in UInt64(1)...2 {
      _ = await subscribe(wire, fixture)
      _ = await fixture.event { event in
        if case .lampWanted(let request) = event { request.subscription.value == count } else { false }
      }
    }
    let third = await subscribe(wire, fixture)
    #expect(await wire.response(.subscribe, third).status == 503)
    await fixture.close(wire)
  }

  @Test("I6 the server stops: who has a lamp is told to ask again")
  func stopping() async throws {
    let fixture = try await PlaneFixture()
    let wire = try await phone()
    _ = await subscribe(wire, fixture)
    let id = await wanted(fixture).subscription
    fixture.plane.perform(.showLamp(id, Lamp()))
    _ = await notified(wire, "version=\"0\"")
    await fixture.plane.stop()
    _ = await notified(wire, "terminated;reason=probation;retry-after=10")
    await wire.stack.stop()
  }
}
