import Supervision
import Testing

@testable import Signalling

@Suite("Incoming calls", .timeLimit(.minutes(1))) struct IncomingCallTests {
  @Test("S4 S5 an INVITE of a trusted trunk comes with tenant, caller, offer and X-Earshot headers")
  func trunk() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    _ = await fixture.call(
      from: carrier, to: "%2A31anna", headers: ["X-Earshot-Queue: sales", "X-Other: no"])
    let invite = await fixture.incoming()
    #expect(invite.leg.value % 2 == 1)
    #expect(invite.endpoint == .trunk(tenant, "carrier"))
    #expect(invite.requestUser == "*31anna")
    #expect(invite.caller == CallerIdentity(user: "4930123", name: "Carla"))
    #expect(invite.sdp == offer)
    #expect(invite.headers == ["x-earshot-queue": "sales"])
    #expect(invite.sourceAddress == "127.0.0.2")
    #expect(invite.client == "Earshot")
    await fixture.close(carrier)
  }

  @Test("S5 X-Earshot headers of a trunk that isn't trusted are dropped")
  func untrusted() async throws {
    let fixture = try await PlaneFixture()
    let peer = Wire(SIPStackSettings(address: "127.0.0.3"))
    _ = try await peer.open()
    _ = await fixture.call(from: peer, headers: ["X-Earshot-Queue: sales"])
    let invite = await fixture.incoming()
    #expect(invite.endpoint == .trunk(tenant, "other"))
    #expect(invite.headers.isEmpty)
    await fixture.close(peer)
  }

  @Test("S1 S4 ringing, early description, answer, ACK, hold by re-INVITE, BYE with its Reason")
  func wholeCall() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let call = await fixture.call(from: carrier)
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    #expect(await carrier.response(.invite, call, atLeast: 180).message?.sdp == nil)
    fixture.plane.perform(.progress(leg, status: 183, sdp: answer))
    #expect(await carrier.response(.invite, call, atLeast: 183).message?.sdp == answer)
    fixture.plane.perform(.answer(leg, sdp: answer))
    #expect(await carrier.response(.invite, call).message?.sdp == answer)
    _ = await fixture.event { $0 == .acknowledged(leg) }

    let hold = offer + "a=sendonly\r\n"
    await carrier.stack.reinvite(call, sdp: hold)
    _ = await fixture.event { $0 == .offered(leg, sdp: hold) }
    carrier.forget()
    fixture.plane.perform(.answerOffer(leg, sdp: answer + "a=recvonly\r\n"))
    #expect(await carrier.response(.invite, call).message?.sdp == answer + "a=recvonly\r\n")

    await carrier.stack.bye(call, headers: ["Reason: Q.850;cause=31;text=\"Normal, \\\"unspecified\\\"\""])
    let reason = await fixture.ended(leg)
    #expect(reason == HangupReason(protocolName: "Q.850", cause: 31, text: "Normal, \"unspecified\""))
    await carrier.terminated(call)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S4 a re-INVITE whose offer can't be taken gets 488 and the call stays")
  func refusedOffer() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let (call, leg) = await fixture.established(from: carrier)
    _ = await carrier.response(.invite, call)
    carrier.forget()
    await carrier.stack.reinvite(call, sdp: nil)
    _ = await fixture.event { $0 == .offered(leg, sdp: nil) }
    fixture.plane.perform(.rejectOffer(leg, .noCommonCodec))
    let refused = await carrier.response(.invite, call)
    #expect(refused.status == 488)
    #expect(refused.message?.reason?.text == Refusal.noCommonCodec.explanation)
    fixture.plane.perform(.end(leg, .normal))
    #expect(await carrier.request(.bye).message.reason?.cause == 16)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S1 a re-INVITE that is taken back leaves the call as it was")
  func cancelledOffer() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let (call, leg) = await fixture.established(from: carrier)
    _ = await carrier.response(.invite, call)
    carrier.forget()
    await carrier.stack.reinvite(call, sdp: offer)
    _ = await fixture.event { $0 == .offered(leg, sdp: offer) }
    await carrier.stack.cancel(call)
    #expect(await carrier.response(.invite, call).status == 487)
    // An answer to what was taken back is ignored, and the next offer is taken up.
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    await carrier.stack.reinvite(call, sdp: answer)
    _ = await fixture.event { $0 == .offered(leg, sdp: answer) }
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    await carrier.stack.bye(call)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S4 peers are told the advertised address, whatever is bound")
  func advertised() async throws {
    var settings = try PlaneFixture.settings()
    settings.address = "0.0.0.0"
    settings.advertisedAddress = "127.0.0.1"
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    #expect(RawPeer.header("Contact", of: accepted)?.contains("127.0.0.1:\(fixture.port)") == true)
    await fixture.close()
  }

  @Test("S1 a caller who hangs up before the answer is told 487, and the leg has ended with his Reason")
  func cancelled() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let call = await fixture.call(from: carrier)
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    _ = await carrier.response(.invite, call, atLeast: 180)
    await carrier.stack.cancel(call, headers: ["Reason: SIP;cause=200;text=\"Call completed elsewhere\""])
    #expect(await fixture.ended(leg) == HangupReason(cause: 200, text: "Call completed elsewhere"))
    #expect(await carrier.response(.invite, call).status == 487)
    // An answer that comes too late harms nothing.
    fixture.plane.perform(.answer(leg, sdp: answer))
    fixture.plane.perform(.end(leg, .normal))
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S4 a caller is told the peer's refusal as it was given, once", arguments: [404, 480, 486, 503, 603])
  func rejected(status: Int) async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let call = await fixture.call(from: carrier)
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.reject(leg, SIPFailure(status, "As Given")))
    fixture.plane.perform(.answer(leg, sdp: answer))
    let refused = await carrier.response(.invite, call)
    #expect(refused.status == status)
    #expect(refused.phrase == "As Given")
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("M8 a refusal of ours is a SIP error with the explanation in its Reason")
  func refused() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let call = await fixture.call(from: carrier, to: "*33anna")
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.refuse(leg, .notPermitted(.barge)))
    let refused = await carrier.response(.invite, call)
    #expect(refused.status == 403)
    #expect(refused.phrase == "Not Permitted: barge")
    #expect(refused.message?.reason?.text == Refusal.notPermitted(.barge).explanation)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S1 ending an unanswered incoming leg refuses it with the reason's status, and tells the end")
  func endedUnanswered() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let call = await fixture.call(from: carrier)
    let leg = await fixture.incoming().leg
    let reason = HangupReason(cause: 503, text: "Out of order")
    fixture.plane.perform(.end(leg, reason))
    #expect(await fixture.ended(leg) == reason)
    #expect(await carrier.response(.invite, call).status == 503)
    await fixture.expectNoLegLeft()
    await fixture.close(carrier)
  }

  @Test("S4 stopping hangs up with a Reason and refuses nobody silently")
  func stopping() async throws {
    let fixture = try await PlaneFixture()
    let carrier = try await fixture.carrier()
    let (call, leg) = await fixture.established(from: carrier)
    await fixture.plane.stop()
    #expect(await carrier.request(.bye).message.reason?.text == "Earshot is stopping")
    #expect(await fixture.ended(leg).text == "Earshot is stopping")
    await carrier.terminated(call)
    await carrier.stack.stop()
  }
}
