import Dispatch
import Supervision
import Testing

@testable import Signalling

@Suite("Outgoing calls", .timeLimit(.minutes(1))) struct OutgoingCallTests {
  private let leg = LegID(2)

  @Test("S4 a registered phone is called: progress, answer with its source, BYE by us with a Reason")
  func answered() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone { stack, event in
      if case .request(let request) = event, request.method == .invite {
        stack.respond(request.dialog, status: 180, phrase: "Ringing")
        stack.respond(request.dialog, status: 183, phrase: "Session Progress", sdp: answer)
        stack.respond(request.dialog, status: 200, phrase: "OK", sdp: answer)
      }
    }
    fixture.dialBob()
    let invite = await phone.request(.invite)
    #expect(invite.message.requestUser == "bob")
    #expect(invite.message.from.user == "4930123")
    #expect(invite.message.from.name == "Carla")
    #expect(invite.message.sdp == offer)
    #expect(invite.message.otherHeaders["answer-mode"] == nil)
    let leg = leg
    _ = await fixture.event { $0 == .progress(leg, status: 180, sdp: nil, source: "127.0.0.1") }
    _ = await fixture.event { $0 == .progress(leg, status: 183, sdp: answer, source: "127.0.0.1") }
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.1") }
    _ = await phone.request(.ack)
    let reason = HangupReason(cause: 200, text: "Taken over")
    fixture.plane.perform(.end(leg, reason))
    #expect(await phone.request(.bye).message.reason?.text == "Taken over")
    #expect(await fixture.ended(leg) == reason)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test("M8 a supervisor's phone is asked to answer by itself")
  func autoAnswer() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone(answersAtOnce)
    fixture.dialBob(autoAnswer: true)
    let invite = await phone.request(.invite)
    #expect(invite.message.otherHeaders["answer-mode"] == "Auto")
    #expect(invite.message.otherHeaders["alert-info"]?.contains("info=alert-autoanswer") == true)
    await fixture.close(phone)
  }

  @Test(
    "S4 refusals of the called side are told as they are, or mapped",
    arguments: [
      (486, 486), (404, 404), (480, 480), (603, 603), (302, 480), (401, 503), (481, 503), (482, 482),
      (483, 483),
    ])
  func refused(given: Int, told: Int) async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone(refuses(given, "No"))
    fixture.dialBob()
    #expect(await fixture.failed(leg).status == told)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test("S4 nobody registered: 480; no such trunk: 503; no SIP URI: 404")
  func unreachable() async throws {
    let fixture = try await PlaneFixture()
    fixture.dialBob()
    #expect(await fixture.failed(leg) == SIPFailure(480, "Not Registered"))
    let caller = CallerIdentity(user: "1", name: "")
    fixture.plane.perform(
      .dial(LegID(4), .nextHop("nowhere", user: "1"), sdp: offer, caller: caller, options: DialOptions()))
    #expect(await fixture.failed(LegID(4)).status == 503)
    fixture.plane.perform(
      .dial(LegID(6), .uri("sip:a b>\r\nX: y"), sdp: offer, caller: caller, options: DialOptions()))
    #expect(await fixture.failed(LegID(6)).status == 404)
    for (number, uri) in [
      (8, "sip:"), (10, "sip:@"), (12, "sip:a@"), (14, "sip:a@b:99999999"), (16, "sip:%zz@["),
    ] {
      let leg = LegID(UInt64(number))
      fixture.plane.perform(.dial(leg, .uri(uri), sdp: offer, caller: caller, options: DialOptions()))
      #expect(await fixture.failed(leg).status >= 400, "\(uri)")
    }
    await fixture.expectNoLegLeft()
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S4 a trunk is called at its next hop, with the user part asked for")
  func nextHop() async throws {
    let far = Wire(SIPStackSettings(address: "127.0.0.2"))
    far.onEvent(answersAtOnce)
    let farPort = try await far.open()
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = ["127.0.0.2:\(farPort)"]
    let fixture = try await PlaneFixture(settings)
    fixture.plane.perform(
      .dial(
        leg, .nextHop("carrier", user: "+49 30"), sdp: offer, caller: CallerIdentity(user: "anna", name: ""),
        options: DialOptions()))
    #expect(await far.request(.invite).message.requestUser == "+49 30")
    let leg = leg
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.2") }
    await fixture.close(far)
  }

  @Test("S4 a phone that nobody answers is cancelled after the ring time: 408")
  func ringTimeout() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone { stack, event in
      if case .request(let request) = event, request.method == .invite {
        stack.respond(request.dialog, status: 180, phrase: "Ringing")
      }
    }
    fixture.dialBob(ringTimeout: 1)
    #expect(await fixture.failed(leg) == SIPFailure(408, "No Answer"))
    #expect(await phone.request(.cancel).message.reason?.cause == 408)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test("S1 ending a leg that rings takes the INVITE back")
  func takenBack() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone { stack, event in
      if case .request(let request) = event, request.method == .invite {
        stack.respond(request.dialog, status: 180, phrase: "Ringing")
      }
    }
    fixture.dialBob()
    let leg = leg
    _ = await fixture.event { $0 == .progress(leg, status: 180, sdp: nil, source: "127.0.0.1") }
    fixture.plane.perform(.end(leg, .normal))
    #expect(await phone.request(.cancel).message.reason?.cause == 16)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test("S1 an answer that crosses our taking back is hung up, and the leg has ended")
  func crossed() async throws {
    let fixture = try await PlaneFixture()
    let mayAnswer = DispatchSemaphore(value: 0)
    let phone = try await fixture.phone { stack, event in
      if case .request(let request) = event, request.method == .invite { mayAnswer.wait() }
      answersAtOnce(stack, event)
    }
    // Both commands are carried out before the first answer can come: no CANCEL may be sent yet, then it's a 200.
    fixture.dialBob()
    fixture.plane.perform(.end(leg, .normal))
    _ = await fixture.plane.port
    mayAnswer.signal()
    #expect(await phone.request(.bye).message.reason?.cause == 16)
    #expect(await fixture.ended(leg) == .normal)
    let answered = fixture.events.contains { if case .answered = $0 { true } else { false } }
    #expect(!answered)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test("S1 the called side puts the call on hold and hangs up")
  func heldByCalled() async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone(answersAtOnce)
    fixture.dialBob()
    let invite = await phone.request(.invite, inDialog: false)
    let leg = leg
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.1") }
    let hold = answer + "a=inactive\r\n"
    _ = await phone.request(.ack)
    await phone.stack.reinvite(invite.dialog, sdp: hold)
    _ = await fixture.event { $0 == .offered(leg, sdp: hold) }
    fixture.plane.perform(.answerOffer(leg, sdp: offer))
    #expect(await phone.response(.invite, invite.dialog).message?.sdp == offer)
    await phone.stack.bye(invite.dialog)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }
}
