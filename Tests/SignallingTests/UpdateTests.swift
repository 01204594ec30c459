import Supervision
import Testing

@testable import Signalling

@Suite("UPDATE, INFO, late offers, forks", .timeLimit(.minutes(1))) struct UpdateTests {
  @Test("S1 an UPDATE with an offer is answered as the call says; without one at once")
  func update() async throws {
    let fixture = try await PlaneFixture()
    let call = try await RawCall.calledIn(fixture)
    let leg = call.leg
    let moved = offer.replacing("4000", with: "4002")
    call.send("UPDATE", sequence: 2, body: moved)
    _ = await fixture.event { $0 == .offered(leg, sdp: moved) }
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    let taken = try call.finalAnswer(to: 2)
    #expect(taken.hasPrefix("SIP/2.0 200") && RawPeer.body(of: taken) == answer)
    call.send("UPDATE", sequence: 3)
    #expect(try call.finalAnswer(to: 3).hasPrefix("SIP/2.0 200"))
    call.send("UPDATE", sequence: 4, body: offer)
    _ = await fixture.event { $0 == .offered(leg, sdp: offer) }
    fixture.plane.perform(.rejectOffer(leg, .noCommonCodec))
    #expect(try call.finalAnswer(to: 4).hasPrefix("SIP/2.0 488"))
    #expect(fixture.events.count { if case .offered = $0 { true } else { false } } == 2)
    call.send("BYE", sequence: 5)
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 an offer while another one waits for our answer is to come again later (500)")
  func overlapping() async throws {
    let fixture = try await PlaneFixture()
    let call = try await RawCall.calledIn(fixture)
    let leg = call.leg
    call.send("UPDATE", sequence: 2, body: offer)
    _ = await fixture.event { $0 == .offered(leg, sdp: offer) }
    for (sequence, method) in [(3, "UPDATE"), (4, "INVITE")] {
      call.send(method, sequence: sequence, body: offer)
      let refused = try call.finalAnswer(to: sequence)
      #expect(refused.hasPrefix("SIP/2.0 500"), "\(method)")
      let wait = try #require(RawPeer.header("Retry-After", of: refused)?.prefix { $0.isNumber })
      #expect((0...10).contains(Int(wait) ?? -1))
    }
    call.send("ACK", sequence: 4)
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    #expect(try call.finalAnswer(to: 2).hasPrefix("SIP/2.0 200"))
    // A call that ends while an offer waits leaves nothing.
    call.send("UPDATE", sequence: 5, body: offer)
    call.send("BYE", sequence: 6)
    #expect(await fixture.ended(leg) == .normal)
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 before the answer: an offer is taken once the first is answered early, and put off until then")
  func early() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    let ringing = try #require(peer.receive("SIP/2.0 180"))
    let tag = try #require(RawPeer.tag(of: ringing))
    peer.send(peer.request("UPDATE", sequence: 2, toTag: tag, body: offer))
    let putOff = try #require(peer.receive("SIP/2.0 500"))
    #expect(RawPeer.header("Retry-After", of: putOff) != nil)
    fixture.plane.perform(.progress(leg, status: 183, sdp: answer))
    _ = try #require(peer.receive("SIP/2.0 183"))
    let moved = offer.replacing("4000", with: "4002")
    peer.send(peer.request("UPDATE", sequence: 3, toTag: tag, body: moved))
    _ = await fixture.event { $0 == .offered(leg, sdp: moved) }
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    let taken = try #require(peer.receive("SIP/2.0 200"))
    #expect(RawPeer.header("CSeq", of: taken) == "3 UPDATE")
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    #expect(RawPeer.header("CSeq", of: accepted) == "1 INVITE")
    await fixture.close()
  }

  @Test("S1 a called side's UPDATE before it has answered our offer is refused (491)")
  func beforeAnswer() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    peer.answer(invite, "180 Ringing")
    _ = await fixture.event { if case .progress = $0 { true } else { false } }
    let from = try #require(RawPeer.header("From", of: invite))
    func update(_ sequence: Int) {
      let lines = [
        "UPDATE sip:anna@127.0.0.1:\(fixture.port) SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.2:\(peer.port);branch=z9hG4bKu\(sequence);rport",
        "From: <sip:raw@127.0.0.2:\(peer.port)>;tag=raw", "To: \(from)",
        "Call-ID: \(RawPeer.header("Call-ID", of: invite) ?? "")", "CSeq: \(sequence) UPDATE",
        "Contact: <sip:raw@127.0.0.2:\(peer.port)>", "Max-Forwards: 70", "Content-Type: application/sdp",
        "Content-Length: \(offer.utf8.count)",
      ]
      peer.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + offer)
    }
    update(1)
    #expect(peer.receive("SIP/2.0 491") != nil)
    peer.answer(invite, "183 Session Progress", body: answer)
    _ = await fixture.event { $0 == .progress(LegID(2), status: 183, sdp: answer, source: "127.0.0.2") }
    update(2)
    _ = await fixture.event { $0 == .offered(LegID(2), sdp: offer) }
    fixture.plane.perform(.answerOffer(LegID(2), sdp: answer))
    #expect(peer.receive("SIP/2.0 200") != nil)
    await fixture.close()
  }

  @Test(
    "M5 keys by INFO, in both customary ways, are keys; what isn't one is refused",
    arguments: [
      ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", .key("5")),
      ("Application/DTMF-Relay", "Signal= *\nDuration= 100", .key("*")),
      ("application/dtmf-relay", "Duration=160\r\nSignal=11\r\n", .key("#")),
      ("application/dtmf-relay", "signal=d", .key("D")), ("application/dtmf", "7", .key("7")),
      ("application/dtmf; charset=x", " 10\r\n", .key("*")), ("application/dtmf", "", .unreadable),
      ("application/dtmf", "17", .unreadable), ("application/dtmf", "hello", .unreadable),
      ("application/dtmf-relay", "Duration=160", .unreadable), ("application/dtmf", "+7", .unreadable),
      ("application/media_control+xml", "<media_control/>", .other),
    ] as [(String, String, InfoKey)])
  func keys(type: String, body: String, key: InfoKey) {
    #expect(InfoKey(contentType: type, body: body) == key)
  }

  @Test("M5 INFO: a key is told, an empty one is answered, the rest refused with what we take")
  func info() async throws {
    let fixture = try await PlaneFixture()
    let call = try await RawCall.calledIn(fixture)
    let leg = call.leg
    func send(_ sequence: Int, _ type: String, _ body: String) throws -> String {
      let info = call.peer.request("INFO", sequence: sequence, toTag: call.tag, body: body)
      call.peer.send(info.replacing("application/sdp", with: type))
      return try call.finalAnswer(to: sequence)
    }
    #expect(try send(2, "application/dtmf-relay", "Signal=6\r\nDuration=160").hasPrefix("SIP/2.0 200"))
    _ = await fixture.event { $0 == .digit(leg, "6") }
    #expect(try send(3, "application/dtmf", "6").hasPrefix("SIP/2.0 200"))
    #expect(try send(4, "application/dtmf", "x").hasPrefix("SIP/2.0 400"))
    let refused = try send(5, "application/media_control+xml", "<media_control/>")
    #expect(refused.hasPrefix("SIP/2.0 415"))
    #expect(RawPeer.header("Accept", of: refused) == "application/dtmf-relay, application/dtmf")
    call.send("INFO", sequence: 6)
    #expect(try call.finalAnswer(to: 6).hasPrefix("SIP/2.0 200"))
    #expect(fixture.events.count { $0 == .digit(leg, "6") } == 2)
    call.send("BYE", sequence: 7)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 an INVITE or re-INVITE without an offer: ours goes with the 200, the answer comes with the ACK")
  func lateOffer() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"]))
    let invite = await fixture.incoming()
    #expect(invite.sdp == nil)
    fixture.plane.perform(.answer(invite.leg, sdp: offer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    #expect(RawPeer.body(of: accepted) == offer)
    let tag = try #require(RawPeer.tag(of: accepted))
    peer.send(peer.request("ACK", toTag: tag, body: answer))
    _ = await fixture.event { $0 == .answeredOffer(invite.leg, sdp: answer, source: "127.0.0.2") }
    peer.send(peer.request("INVITE", sequence: 2, toTag: tag, headers: ["Max-Forwards: 70"]))
    _ = await fixture.event { $0 == .offered(invite.leg, sdp: nil) }
    fixture.plane.perform(.answerOffer(invite.leg, sdp: offer))
    #expect(peer.receive("SIP/2.0 200") != nil)
    let moved = answer.replacing("5000", with: "5002")
    peer.send(peer.request("ACK", sequence: 2, toTag: tag, body: moved))
    _ = await fixture.event { $0 == .answeredOffer(invite.leg, sdp: moved, source: "127.0.0.2") }
    peer.send(peer.request("BYE", sequence: 3, toTag: tag))
    #expect(await fixture.ended(invite.leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 a forked call: the first 200 is the call, every further one is acknowledged and hung up")
  func forked() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    let other = answer.replacing("5000", with: "5002")
    peer.answer(invite, "180 Ringing", tag: "a")
    peer.answer(invite, "183 Session Progress", tag: "b", body: answer)
    peer.answer(invite, "183 Session Progress", tag: "c", body: other)
    peer.answer(invite, "200 OK", tag: "c", body: other)
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: other, source: "127.0.0.2") }
    #expect(RawPeer.tag(of: try #require(peer.receive("ACK"))) == "c")
    peer.answer(invite, "200 OK", tag: "b", body: answer)
    #expect(RawPeer.tag(of: try #require(peer.receive("ACK"))) == "b")
    let late = try #require(peer.receive("BYE"))
    #expect(RawPeer.tag(of: late) == "b")
    peer.answer(late, "200 OK")
    // The call itself goes on.
    fixture.plane.perform(.end(LegID(2), .normal))
    let bye = try #require(peer.receive("BYE"))
    #expect(RawPeer.tag(of: bye) == "c")
    peer.answer(bye, "200 OK")
    #expect(await fixture.ended(LegID(2)) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 a forked call with reliable answers: whoever answers is the call, whoever rang first")
  func forkedReliably() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    let reliable = ["Require: 100rel", "RSeq: 1"]
    let other = answer.replacing("5000", with: "5002")
    peer.answer(invite, "100 Trying")
    peer.answer(invite, "183 Session Progress", tag: "a", headers: reliable, body: answer)
    let first = try #require(peer.receive("PRACK"))
    #expect(RawPeer.tag(of: first) == "a")
    peer.answer(first, "200 OK")
    peer.answer(invite, "183 Session Progress", tag: "b", headers: reliable, body: other)
    let second = try #require(peer.receive("PRACK"))
    #expect(RawPeer.tag(of: second) == "b")
    #expect(RawPeer.header("RAck", of: second) == RawPeer.header("RAck", of: first))
    peer.answer(second, "200 OK")
    // What was confirmed and comes again, or is ahead of a lost one, is passed over.
    peer.answer(invite, "183 Session Progress", tag: "b", headers: reliable, body: other)
    peer.answer(invite, "180 Ringing", tag: "b", headers: ["Require: 100rel", "RSeq: 3"])
    peer.answer(invite, "200 OK", tag: "b", body: other)
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: other, source: "127.0.0.2") }
    #expect(
      fixture.events.filter { if case .progress = $0 { true } else { false } } == [
        .progress(LegID(2), status: 183, sdp: answer, source: "127.0.0.2"),
        .progress(LegID(2), status: 183, sdp: other, source: "127.0.0.2"),
      ])
    #expect(RawPeer.tag(of: try #require(peer.receive("ACK"))) == "b")
    fixture.plane.perform(.end(LegID(2), .normal))
    let bye = try #require(peer.receive("BYE"))
    #expect(RawPeer.tag(of: bye) == "b")
    peer.answer(bye, "200 OK")
    #expect(await fixture.ended(LegID(2)) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }
}
