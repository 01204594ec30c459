import Locking
import Supervision
import Testing

@testable import Signalling

@Suite("Several next hops", .timeLimit(.minutes(1))) struct NextHopTests {
  private let leg = LegID(2)

  /// A hop that answers every INVITE, and OPTIONS, so.
  private func hop(_ react: @escaping @Sendable (isolated SIPStack, SIPEvent) -> Void) async throws -> (
    Wire, String
  ) {
    let wire = Wire(
      SIPStackSettings(address: "127.0.0.2", allowed: [.invite, .ack, .bye, .cancel, .options]))
    wire.onEvent { stack, event in
      if case .request(let request) = event, request.method == .options {
        return stack.respond(request.dialog, status: 200, phrase: "OK")
      }
      react(stack, event)
    }
    return (wire, "127.0.0.2:\(try await wire.open())")
  }

  private func fixture(_ hops: [String], check: Int = 0, patience: Int = 300) async throws -> PlaneFixture {
    var settings = try PlaneFixture.settings()
    settings.trunks[0].nextHops = hops
    settings.trunks[0].check = check
    settings.hopPatience = patience
    settings.transactionTimeout = 2_000
    settings.farewell = 200
    return try await PlaneFixture(settings)
  }

  private func dial(_ fixture: PlaneFixture, _ leg: LegID = LegID(2)) {
    fixture.plane.perform(
      .dial(
        leg, .nextHop("carrier", user: "4930"), sdp: offer, caller: CallerIdentity(user: "anna", name: ""),
        options: DialOptions()))
  }

  private func tells(_ fixture: PlaneFixture, of leg: LegID) -> [SignallingEvent] {
    fixture.events.filter { $0.leg == leg }
  }

  @Test(
    "S1 silent, refusing and unreachable hops are passed over; the caller sees the answer of the fourth alone"
  )
  func passedOver() async throws {
    let silent = try RawPeer(address: "127.0.0.2", target: 9)
    let (refusing, second) = try await hop { stack, event in
      guard case .request(let request) = event, request.method == .invite else { return }
      // The library would wait for so long and try the same hop again.
      stack.respond(
        request.dialog, status: 503, phrase: "Service Unavailable", headers: ["Retry-After: 20"])
    }
    let (last, fourth) = try await hop(answersAtOnce)
    let fixture = try await fixture([
      "127.0.0.2:\(silent.port)", second, "127.0.0.2:9;transport=tcp", fourth,
    ])
    dial(fixture)
    let leg = leg
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.2") }
    #expect(tells(fixture, of: leg) == [.answered(leg, sdp: answer, source: "127.0.0.2")])
    #expect(silent.receive("INVITE sip:4930@127.0.0.2:\(silent.port) ") != nil)
    let invite = await last.request(.invite)
    #expect(invite.message.requestUser == "4930" && invite.message.sdp == offer)
    #expect(await fixture.plane.counters.failovers == 3)
    await last.stack.bye(invite.dialog)
    _ = await fixture.ended(leg)
    // The silent one's INVITE is waited for until its time is over.
    await fixture.expectNoAbandoned()
    await fixture.expectNoLegLeft()
    await fixture.close(refusing, last)
  }

  @Test(
    "S1 a hop that wakes up late with an answer is acknowledged and hung up, with ringing taken back",
    arguments: [200, 180])
  func wakesUp(status: Int) async throws {
    let (good, second) = try await hop(answersAtOnce)
    let peer = try RawPeer(address: "127.0.0.2", target: 9)
    let fixture = try await fixture(["127.0.0.2:\(peer.port)", second])
    dial(fixture)
    let leg = leg
    _ = await fixture.event { $0 == .answered(leg, sdp: answer, source: "127.0.0.2") }
    let invite = try #require(peer.receive("INVITE"))
    let phrase = status == 200 ? "200 OK" : "180 Ringing"
    peer.answer(invite, phrase, body: status == 200 ? answer : "", to: fixture.port)
    if status == 200 {
      #expect(peer.receive("ACK") != nil)
      let bye = try #require(peer.receive("BYE"))
      #expect(RawPeer.header("Reason", of: bye)?.contains("Another next hop") == true)
      peer.answer(bye, "200 OK", to: fixture.port)
    } else {
      let cancel = try #require(peer.receive("CANCEL"))
      #expect(RawPeer.header("CSeq", of: cancel)?.hasSuffix("CANCEL") == true)
      peer.answer(cancel, "200 OK", to: fixture.port)
      peer.answer(invite, "487 Request Terminated", to: fixture.port)
      #expect(peer.receive("ACK") != nil)
    }
    #expect(tells(fixture, of: leg).count == 1, "the call knows nothing of it")
    await good.stack.bye(await good.request(.invite).dialog)
    _ = await fixture.ended(leg)
    await fixture.expectNoAbandoned()
    await fixture.expectNoLegLeft()
    await fixture.close(good)
  }

  @Test(
    "S1 what the callee says isn't the hop's fault: no other hop is asked",
    arguments: [(486, 486), (404, 404), (483, 483), (500, 500), (603, 603)])
  func refused(given: Int, told: Int) async throws {
    let (first, one) = try await hop(refuses(given, "No"))
    let (second, two) = try await hop(answersAtOnce)
    let fixture = try await fixture([one, two])
    dial(fixture)
    #expect(await fixture.failed(leg).status == told)
    #expect(await fixture.plane.counters.failovers == 0)
    await fixture.expectNoLegLeft()
    await fixture.close(first, second)
  }

  @Test("S1 a 503 after ringing isn't passed over: the caller has heard this one")
  func afterRinging() async throws {
    let (first, one) = try await hop { stack, event in
      guard case .request(let request) = event, request.method == .invite else { return }
      stack.respond(request.dialog, status: 180, phrase: "Ringing")
      stack.respond(request.dialog, status: 503, phrase: "Service Unavailable")
    }
    let (second, two) = try await hop(answersAtOnce)
    let fixture = try await fixture([one, two])
    dial(fixture)
    #expect(await fixture.failed(leg).status == 503)
    #expect(await fixture.plane.counters.failovers == 0)
    await fixture.expectNoLegLeft()
    await fixture.close(first, second)
  }

  @Test("S1 a call that is taken back while it looks for its hop ends there")
  func takenBack() async throws {
    let silent = try RawPeer(address: "127.0.0.2", target: 9)
    let (second, two) = try await hop(answersAtOnce)
    let fixture = try await fixture(["127.0.0.2:\(silent.port)", two], patience: 10_000)
    dial(fixture)
    #expect(silent.receive("INVITE") != nil)
    fixture.plane.perform(.end(leg, .normal))
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close(second)
  }

  @Test("S1 nobody answers: 503, once, after each hop's patience")
  func allSilent() async throws {
    let silent = try [0, 1].map { _ in try RawPeer(address: "127.0.0.2", target: 9) }
    let fixture = try await fixture(silent.map { "127.0.0.2:\($0.port)" })
    dial(fixture)
    #expect(await fixture.failed(leg) == SIPFailure(503, "Next Hop Unreachable", retryAfter: 0))
    await fixture.expectNoAbandoned()
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 OPTIONS tell which hop is there: calls avoid the dead one at once, and come back to it")
  func checks() async throws {
    let (first, one) = try await hop(answersAtOnce)
    let (second, two) = try await hop(answersAtOnce)
    let isDead = Lock(true)
    first.onEvent { stack, event in
      guard case .request(let request) = event, !request.isAnswered else { return }
      if request.method == .invite {
        return stack.respond(request.dialog, status: 200, phrase: "OK", sdp: answer)
      }
      let dead = isDead.withLock { $0 }
      stack.respond(request.dialog, status: dead ? 503 : 404, phrase: dead ? "Not Now" : "Not Found")
    }
    let fixture = try await fixture([one, two], check: 1)
    #expect(await fixture.line { $0.contains("\(one) of trunk 'carrier'") }.contains("following next hop"))
    var counters = await fixture.plane.counters
    #expect(counters.nextHops == 2 && counters.nextHopsUp == 1)
    dial(fixture)
    _ = await second.request(.invite)
    #expect(await fixture.plane.counters.failovers == 0)
    isDead.withLock { $0 = false }
    _ = await fixture.line { $0.contains("\(one) of trunk 'carrier' is there again") }
    counters = await fixture.plane.counters
    #expect(counters.nextHopsUp == 2)
    dial(fixture, LegID(4))
    _ = await first.request(.invite)
    await fixture.close(first, second)
  }

  @Test("S1 all hops down: calls are refused at once, with the time after which another try makes sense")
  func allDown() async throws {
    let silent = try [0, 1].map { _ in try RawPeer(address: "127.0.0.2", target: 9) }
    let fixture = try await fixture(silent.map { "127.0.0.2:\($0.port)" }, check: 1, patience: 100)
    #expect(await fixture.line { $0.contains("calls to this trunk get 503") }.contains("look at the peer"))
    let began = ContinuousClock.now
    dial(fixture)
    #expect(await fixture.failed(leg) == SIPFailure(503, "No Next Hop Is There", retryAfter: 1))
    #expect(began.duration(to: .now) < .milliseconds(100))
    #expect(await fixture.plane.counters.nextHopsUp == 0)
    await fixture.close()
  }

  @Test("S1 the caller of a call that is refused so is told when to try again")
  func retryAfter() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    fixture.plane.perform(
      .reject(await fixture.incoming().leg, SIPFailure(503, "No Next Hop Is There", retryAfter: 30)))
    let refused = try #require(peer.receive("SIP/2.0 503"))
    #expect(RawPeer.header("Retry-After", of: refused) == "30")
    await fixture.expectNoLegLeft()
    await fixture.close()
  }
}
