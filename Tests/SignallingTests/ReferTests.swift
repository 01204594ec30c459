import Supervision
import Testing

@testable import Signalling

@Suite("REFER and Replaces", .timeLimit(.minutes(1))) struct ReferTests {
  /// An answered call of the carrier's.
  private func connect(_ fixture: PlaneFixture) async throws -> (wire: Wire, call: SIPDialog, leg: LegID) {
    let carrier = try await fixture.carrier()
    carrier.onEvent { stack, event in
      if case .request(let request) = event, request.method == .notify {
        stack.respond(request.dialog, status: 200, phrase: "OK")
      }
    }
    let (call, leg) = await fixture.established(from: carrier)
    return (carrier, call, leg)
  }

  private func finish(_ fixture: PlaneFixture, _ wire: Wire, _ call: SIPDialog, _ leg: LegID) async {
    await wire.stack.bye(call)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(wire)
  }

  private func notified(_ wire: Wire, _ line: String) async -> SIPMessage {
    let event = await wire.event {
      guard case .request(let request) = $0 else { return false }
      return request.method == .notify && request.message.body?.hasPrefix(line) == true
    }
    guard case .request(let request) = event else { fatalError("not reached: the test above let it through") }
    return request.message
  }

  @Test("S2 I6 REFER: 202, how it goes by NOTIFY, and the call stays")
  func accepted() async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    await carrier.stack.refer(call, to: "sip:20%2000@127.0.0.1")
    #expect(await carrier.response(.refer, call).status == 202)
    _ = await fixture.event { $0 == .referred(leg, .number("20 00")) }
    fixture.plane.perform(.reportReferral(leg, .trying))
    let first = await notified(carrier, "SIP/2.0 100 Trying")
    #expect(first.contentType?.hasPrefix("message/sipfrag") == true)
    fixture.plane.perform(.reportReferral(leg, .ringing))
    _ = await notified(carrier, "SIP/2.0 180 Ringing")
    fixture.plane.perform(.reportReferral(leg, .failed(SIPFailure(486, "Busy Here"))))
    _ = await notified(carrier, "SIP/2.0 486 Busy Here")
    // The same again, with another outcome: the first one is over.
    carrier.forget()
    await carrier.stack.refer(call, to: "sip:2001@127.0.0.1")
    _ = await fixture.event { $0 == .referred(leg, .number("2001")) }
    fixture.plane.perform(.reportReferral(leg, .refused(.noRoute("2001"))))
    _ = await notified(carrier, "SIP/2.0 404 Not Found")
    await finish(fixture, carrier, call, leg)
  }

  @Test("S2 I6 a hang-up right after the good news")
  func acceptedAndEnded() async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    await carrier.stack.refer(call, to: "sip:2000@127.0.0.1")
    _ = await fixture.event { $0 == .referred(leg, .number("2000")) }
    fixture.plane.perform(.reportReferral(leg, .accepted))
    fixture.plane.perform(.end(leg, HangupReason(cause: 200, text: "Transferred")))
    _ = await notified(carrier, "SIP/2.0 200 OK")
    #expect(await carrier.request(.bye).message.reason?.text == "Transferred")
    _ = await fixture.ended(leg)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
    _ = call
  }

  @Test(
    "S2 X4 a REFER that can't be meant is refused, and the call stays",
    arguments: [
      ("tel:+4930123", 400), ("sip:2000@127.0.0.1;method=BYE", 403), ("sip:127.0.0.1", 400),
    ])
  func refused(target: String, status: Int) async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    await carrier.stack.refer(call, to: target)
    #expect(await carrier.response(.refer, call).status == status)
    await finish(fixture, carrier, call, leg)
  }

  @Test("S2 a second REFER while the first is pending waits its turn: 491")
  func second() async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    await carrier.stack.refer(call, to: "sip:2000@127.0.0.1")
    #expect(await carrier.response(.refer, call).status == 202)
    carrier.forget()
    await carrier.stack.refer(call, to: "sip:2001@127.0.0.1")
    #expect(await carrier.response(.refer, call).status == 491)
    fixture.plane.perform(.reportReferral(leg, .accepted))
    _ = await notified(carrier, "SIP/2.0 200 OK")
    await finish(fixture, carrier, call, leg)
  }

  /// What a dialog of the wire's is called, as its other side is to be told.
  private func replaces(_ wire: Wire, _ call: SIPDialog) async throws -> String {
    let message = try #require(await wire.response(.invite, call).message)
    return "\(message.callID);to-tag=\(message.to.tag ?? "");from-tag=\(message.from.tag ?? "")"
  }

  @Test("S2 I6 REFER with Replaces names another leg of ours, or is told that there is none")
  func referWithReplaces() async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    let own = try await replaces(carrier, call)
    let other = await fixture.call(from: carrier, to: "1002")
    let event = await fixture.event {
      if case .incoming(let invite) = $0 { invite.leg != leg } else { false }
    }
    let second = try #require(event.leg)
    fixture.plane.perform(.answer(second, sdp: answer))
    _ = await fixture.event { $0 == .acknowledged(second) }
    let encoded = { (text: String) in
      text.replacing("@", with: "%40").replacing(";", with: "%3B").replacing("=", with: "%3D")
    }
    await carrier.stack.refer(other, to: "sip:1001@127.0.0.1?Replaces=\(encoded(own))")
    _ = await fixture.event { $0 == .referred(second, .leg(leg)) }
    fixture.plane.perform(.reportReferral(second, .accepted))
    _ = await notified(carrier, "SIP/2.0 200")
    await carrier.stack.refer(
      other, to: "sip:1001@127.0.0.1?Replaces=\(encoded("nobody;to-tag=a;from-tag=b"))")
    _ = await notified(carrier, "SIP/2.0 481 No Such Dialog")
    await carrier.stack.bye(other)
    _ = await fixture.ended(second)
    await finish(fixture, carrier, call, leg)
  }

  @Test("S2 I6 INVITE with Replaces: the leg it means, 481 for none, 486 if it was wanted unanswered only")
  func inviteWithReplaces() async throws {
    let fixture = try await PlaneFixture()
    let (carrier, call, leg) = try await connect(fixture)
    let own = try await replaces(carrier, call)
    for (header, status) in [("nobody;to-tag=a;from-tag=b", 481), ("\(own);early-only", 486)] {
      let refused = await fixture.call(
        from: carrier, to: "1002", headers: ["Replaces: \(header)", "Require: replaces"])
      #expect(await carrier.response(.invite, refused).status == status)
    }
    let taking = await fixture.call(
      from: carrier, to: "1002", headers: ["Replaces: \(own)", "Require: replaces"])
    let event = await fixture.event {
      if case .incoming(let invite) = $0 { invite.replaces == leg } else { false }
    }
    let second = try #require(event.leg)
    fixture.plane.perform(.refuse(second, .transferPending))
    #expect(await carrier.response(.invite, taking).status == 491)
    await finish(fixture, carrier, call, leg)
  }

  @Test("S2 REFER outside a call: 403")
  func outside() async throws {
    let fixture = try await PlaneFixture()
    let stranger = Wire()
    _ = try await stranger.open()
    let question = await stranger.stack.options(uri: "sip:127.0.0.1:\(fixture.port)")
    #expect(await stranger.response(.options, question).status == 200)
    await stranger.stack.refer(question, to: "sip:2000@127.0.0.1")
    #expect(await stranger.response(.refer, question).status == 403)
    await fixture.close(stranger)
  }

  @Test(
    "S2 values of Replaces",
    arguments: [
      ("a@b;to-tag=1;from-tag=2", true), ("a@b ; from-tag=2 ; to-tag=1", true), ("a@b;to-tag=1", false),
      ("", false),
      (";to-tag=1;from-tag=2", false), ("a;TO-TAG=1;From-Tag=2;early-only", true),
    ])
  func values(text: String, isWhole: Bool) {
    let value = SIPMessage.Replaces(text)
    #expect((value != nil) == isWhole)
    if let value { #expect(value.toTag == "1" && value.fromTag == "2") }
    #expect((value?.isEarlyOnly ?? false) == text.contains("early-only"))
  }
}
