import Supervision
import Testing

@testable import Signalling

@Suite("Session timers", .timeLimit(.minutes(1))) struct SessionTimerTests {
  /// Seconds that a test can wait for.
  private func fixture(wanted: Int = 2) async throws -> PlaneFixture {
    var settings = try PlaneFixture.settings()
    settings.sessionExpires = wanted
    settings.minimumSession = 1
    settings.keepAlive = 0
    settings.transactionTimeout = 1_000
    settings.farewell = 100
    return try await PlaneFixture(settings)
  }

  @Test(
    "S3 what a peer asks for is kept, shortened, or refused",
    arguments: [
      (nil, nil, nil, false, .none), (nil, nil, nil, true, .agreed(.init(interval: 1800, isOurs: true))),
      (nil, nil, 4000, true, .agreed(.init(interval: 4000, isOurs: true))),
      (600, nil, nil, true, .agreed(.init(interval: 600, isOurs: true))),
      (600, .uac, nil, true, .agreed(.init(interval: 600, isOurs: false))),
      (600, .uas, nil, true, .agreed(.init(interval: 600, isOurs: true))),
      (7200, .uac, nil, true, .agreed(.init(interval: 1800, isOurs: false))),
      (7200, .uac, 3600, true, .agreed(.init(interval: 3600, isOurs: false))),
      (89, nil, nil, true, .tooSmall(90)), (89, nil, nil, false, .agreed(.init(interval: 90, isOurs: true))),
      (600, .uac, nil, false, .agreed(.init(interval: 600, isOurs: true))),
    ] as [(Int?, SessionHeaders.Refresher?, Int?, Bool, SessionTimer.Verdict)])
  func verdict(
    expires: Int?, refresher: SessionHeaders.Refresher?, minimum: Int?, supports: Bool,
    verdict: SessionTimer.Verdict
  ) {
    let headers = SessionHeaders(expires: expires, refresher: refresher, minimum: minimum)
    #expect(
      SessionTimer.verdict(headers, supportsTimer: supports, wanted: 1800, minimum: 90) == verdict)
  }

  @Test("S3 a timer that we don't want is kept for a peer who does")
  func notWanted() {
    #expect(SessionTimer.verdict(.init(), supportsTimer: true, wanted: 0, minimum: 90) == .none)
    let asked = SessionHeaders(expires: 600, refresher: .uac)
    #expect(
      SessionTimer.verdict(asked, supportsTimer: true, wanted: 0, minimum: 90)
        == .agreed(.init(interval: 600, isOurs: false)))
  }

  @Test("S1 after a 491 the caller waits 2.1 to 4 s and the called side up to 2 s, in steps of 10 ms")
  func glareWaits() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<1_000 {
      let caller = SessionTimer.glareWait(isCaller: true, using: &generator)
      let called = SessionTimer.glareWait(isCaller: false, using: &generator)
      #expect((2_100...4_000).contains(caller) && caller % 10 == 0)
      #expect((0...2_000).contains(called) && called % 10 == 0)
    }
  }

  @Test("S3 a caller who is to refresh the session and doesn't is lost before it expires, with a BYE")
  func missingRefresh() async throws {
    let fixture = try await fixture()
    let call = try await RawCall.calledIn(
      fixture, headers: ["Supported: timer", "Session-Expires: 2;refresher=uac"])
    #expect(RawPeer.header("Session-Expires", of: call.acceptance) == "2;refresher=uac")
    #expect(RawPeer.header("Require", of: call.acceptance) == "timer")
    #expect(call.acceptance.contains("\r\nSupported: timer\r\n"))
    let bye = try #require(call.peer.receive("BYE"))
    #expect(RawPeer.header("Reason", of: bye)?.contains("cause=408") == true)
    call.peer.answer(bye, "200 OK")
    await call.lost()
    #expect(await fixture.plane.counters.lost == 1)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "S3 a refresh by UPDATE or re-INVITE is confirmed and begins the time anew",
    arguments: ["UPDATE", "INVITE"])
  func refreshed(method: String) async throws {
    let fixture = try await fixture(wanted: 3600)
    let call = try await RawCall.calledIn(
      fixture, headers: ["Require: timer", "Supported: timer", "Session-Expires: 3;refresher=uac"])
    let leg = call.leg
    call.send(
      method, sequence: 2, headers: ["Supported: timer", "Session-Expires: 3600;refresher=uac"],
      body: method == "UPDATE" ? "" : offer)
    if method == "INVITE" {
      _ = await fixture.event { $0 == .offered(leg, sdp: offer) }
      fixture.plane.perform(.answerOffer(leg, sdp: answer))
    }
    let confirmed = try call.finalAnswer(to: 2)
    #expect(confirmed.hasPrefix("SIP/2.0 200"))
    #expect(RawPeer.header("Session-Expires", of: confirmed) == "3600;refresher=uac")
    // The old timer is gone and one of the new length runs, or the plane would count a lost leg at 2 s.
    let timers = await fixture.plane.stack.liveTimers
    #expect(timers == 1)
    if method == "INVITE" { call.send("ACK", sequence: 2) }
    call.send("BYE", sequence: 3)
    #expect(try call.finalAnswer(to: 3).hasPrefix("SIP/2.0 200"))
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 a session shorter than we take is refused with our minimum, and nothing is left of it")
  func tooSmall() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(
      peer.request(
        "INVITE", headers: ["Max-Forwards: 70", "Supported: timer", "Session-Expires: 30"], body: offer))
    let refused = try #require(peer.receive("SIP/2.0 422"))
    #expect(RawPeer.header("Min-SE", of: refused) == "90")
    #expect(fixture.events.isEmpty)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 our calls ask for a timer; we refresh by UPDATE, and a peer who doesn't answer it is lost")
  func ours() async throws {
    let fixture = try await fixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    #expect(RawPeer.header("Session-Expires", of: invite) == "2")
    #expect(RawPeer.header("Min-SE", of: invite) == "1")
    #expect(invite.contains("\r\nSupported: timer\r\n"))
    let agreed = ["Session-Expires: 2;refresher=uac", "Require: timer", "Allow: INVITE, UPDATE"]
    peer.answer(invite, "200 OK", headers: agreed, body: answer)
    _ = try #require(peer.receive("ACK"))
    let update = try #require(peer.receive("UPDATE"))
    #expect(RawPeer.header("Session-Expires", of: update) == "2;refresher=uac")
    #expect(RawPeer.header("Content-Length", of: update) == "0")
    peer.answer(update, "200 OK", headers: agreed)
    // The next one, not the same again: that was answered.
    let next = try #require(peer.receive("UPDATE"))
    #expect(RawPeer.header("CSeq", of: next) != RawPeer.header("CSeq", of: update))
    _ = await fixture.event { if case .lost(LegID(2), _) = $0 { true } else { false } }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "S3 a peer without UPDATE is refreshed by the same description again; one that has forgotten the call is lost"
  )
  func withoutUpdate() async throws {
    let fixture = try await fixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    let agreed = ["Session-Expires: 2;refresher=uac", "Require: timer", "Allow: INVITE, ACK, BYE"]
    peer.answer(invite, "200 OK", headers: agreed, body: answer)
    let again = try #require(peer.receive("INVITE"))
    #expect(RawPeer.header("Session-Expires", of: again) == "2;refresher=uac")
    #expect(RawPeer.body(of: again) == offer)
    // Somebody who moves at this occasion is followed.
    let moved = answer.replacing("5000", with: "6000")
    peer.answer(again, "200 OK", headers: agreed, body: moved)
    _ = await fixture.event { $0 == .answeredOffer(LegID(2), sdp: moved, source: "127.0.0.2") }
    var next = try #require(peer.receive("INVITE"))
    while RawPeer.header("CSeq", of: next) == RawPeer.header("CSeq", of: again) {
      next = try #require(peer.receive("INVITE"))
    }
    peer.answer(next, "481 Gone")
    _ = await fixture.event { if case .lost(LegID(2), _) = $0 { true } else { false } }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 a called side that is to refresh and doesn't is lost")
  func theirs() async throws {
    let fixture = try await fixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    peer.answer(
      invite, "200 OK", headers: ["Session-Expires: 1;refresher=uas", "Require: timer"], body: answer)
    #expect(peer.receive("BYE") != nil)
    _ = await fixture.event { if case .lost(LegID(2), _) = $0 { true } else { false } }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 a called side that wants longer sessions (422) is called again so")
  func askedLonger() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    #expect(RawPeer.header("Session-Expires", of: invite) == "1800")
    #expect(RawPeer.header("Min-SE", of: invite) == "90")
    peer.answer(invite, "422 Session Interval Too Small", headers: ["Min-SE: 3600"])
    let again = try #require(peer.receive("INVITE"))
    #expect(RawPeer.header("Session-Expires", of: again) == "3600")
    #expect(RawPeer.header("Min-SE", of: again) == "3600")
    #expect(RawPeer.body(of: again) == offer)
    peer.answer(again, "200 OK", headers: ["Session-Expires: 3600;refresher=uac"], body: answer)
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: answer, source: "127.0.0.2") }
    _ = try #require(peer.receive("ACK"))
    fixture.plane.perform(.end(LegID(2), .normal))
    peer.answer(try #require(peer.receive("BYE")), "200 OK")
    #expect(await fixture.ended(LegID(2)) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 a 422 that asks for no more than we gave ends the attempt")
  func senseless() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    peer.answer(invite, "422 Session Interval Too Small")
    #expect(await fixture.failed(LegID(2)).status == 422)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 without sessionExpires no timer is asked for")
  func off() async throws {
    let fixture = try await fixture(wanted: 0)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    #expect(RawPeer.header("Session-Expires", of: invite) == nil)
    peer.answer(invite, "200 OK", body: answer)
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: answer, source: "127.0.0.2") }
    #expect(await fixture.plane.stack.liveTimers == 0)
    await fixture.close()
  }

  @Test("S1 a refresh that meets the peer's own is refused there (491), and tried again")
  func glare() async throws {
    let fixture = try await fixture(wanted: 5)
    let call = try await RawCall.calledIn(
      fixture, headers: ["Supported: timer", "Session-Expires: 5;refresher=uas"], allow: "INVITE, ACK, BYE")
    let refresh = try #require(call.peer.receive("INVITE"))
    #expect(RawPeer.header("Session-Expires", of: refresh) == "5;refresher=uac")
    // The peer's own, while ours is under way.
    call.send("INVITE", sequence: 2, body: offer)
    #expect(try call.finalAnswer(to: 2).hasPrefix("SIP/2.0 491"))
    call.send("ACK", sequence: 2)
    // As an UPDATE.
    call.send("UPDATE", sequence: 3, body: offer)
    #expect(try call.finalAnswer(to: 3).hasPrefix("SIP/2.0 491"))
    call.peer.answer(refresh, "491 Request Pending")
    var again = refresh
    while RawPeer.header("CSeq", of: again) == RawPeer.header("CSeq", of: refresh) {
      again = try #require(call.peer.receive("INVITE"))
    }
    #expect(RawPeer.body(of: again) == answer)
    await fixture.close()
  }
}
