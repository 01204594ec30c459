import CallControl
import Locking
import Supervision
import Testing

@Suite("S4 S5 A2 M6 the switchboard and the desk")
struct SwitchboardTests {
  private let floor = ScriptedFloor()

  private func wish(_ mode: SupervisionMode, by name: String = "sue") -> SuperviseRequest {
    SuperviseRequest(
      principal: floor.principal(name), mode: mode, device: .sip(uri: "sip:\(name)@127.0.0.1"),
      origin: ActOrigin(channel: "rest", address: "127.0.0.1", client: "test"))
  }

  private func answered(_ number: String = "anna", from caller: String = "carol") async throws -> CallSnapshot
  {
    floor.invite(number, from: caller)
    return try #require(await floor.call { $0.phase == .answered })
  }

  @Test("S4 a user's call rings the user who was asked for, and hang-up leaves nothing behind")
  func userToUser() async throws {
    let call = try await answered()
    #expect(call.facts.direction == .inbound && call.facts.queue == "sales" && call.facts.agents == ["anna"])
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    await floor.switchboard.stop(.normal)
    #expect(floor.switchboard.counts == (0, 0, 0, 0) && floor.switchboard.board.snapshots.isEmpty)
  }

  @Test("S4 the routing table leads to a next hop with its number rewritten")
  func outbound() async throws {
    let call = try await answered("0491234", from: "anna")
    #expect(call.facts.direction == .outbound && call.facts.customerNumber == "+491234")
    guard case .dial(_, .nextHop("carrier", user: "+491234"), _, _, _)? = floor.commands.first else {
      Issue.record("dialled \(floor.commands)")
      return
    }
  }

  private func leg(_ address: String, of call: CallSnapshot) throws -> LegID {
    try #require(call.participants.first { $0.address == address }?.leg)
  }

  /// Waits until a leg has been told that its transfer was refused; gives the reason.
  private func refused(_ leg: LegID) async -> Refusal? {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      for case .reportReferral(leg, .refused(let refusal)) in floor.commands { return refusal }
      await Task.yield()
    }
    return nil
  }

  @Test(
    "S2 a transfer goes by the dial plan with the referrer's rights; the call belongs where the new agent works"
  )
  func blind() async throws {
    let call = try await answered()
    let anna = try leg("anna", of: call)
    floor.switchboard.receive(.referred(anna, .number("*31ben")))
    #expect(await refused(anna) == .noRoute("*31ben"))
    floor.switchboard.receive(.referred(anna, .number("ben")))
    let moved = try #require(await floor.call { $0.facts.agents == ["ben"] })
    #expect(moved.id == call.id && moved.facts.queue == "support")
    let told = floor.commands.filter { if case .reportReferral = $0 { true } else { false } }
    #expect(
      told == [
        .reportReferral(anna, .trying), .reportReferral(anna, .refused(.noRoute("*31ben"))),
        .reportReferral(anna, .trying), .reportReferral(anna, .accepted),
      ])
    await floor.switchboard.stop(.normal)
    #expect(floor.switchboard.counts == (0, 0, 0, 0))
  }

  @Test(
    "S2 two calls become one: the customer's stays, in whichever the REFER came", arguments: [true, false])
  func attended(inCustomersCall: Bool) async throws {
    let call = try await answered()
    floor.invite("ben", from: "anna")
    let asking = try #require(await floor.call { $0.phase == .answered && $0.facts.direction == .internal })
    #expect(floor.places == [asking.id: call.id], "what she may bring together is on one worker")
    let (first, second) = (try leg("anna", of: call), try leg("anna", of: asking))
    floor.switchboard.receive(
      inCustomersCall ? .referred(first, .leg(second)) : .referred(second, .leg(first)))
    let met = try #require(await floor.call { $0.facts.agents == ["ben"] })
    #expect(met.id == call.id && met.participants.map(\.address) == ["carol", "ben"])
    #expect(floor.commands.contains(.reportReferral(inCustomersCall ? first : second, .accepted)))
    let ben = try leg("ben", of: met)
    #expect(try leg("ben", of: asking) == ben)
    floor.switchboard.receive(.ended(ben, .normal))
    await floor.switchboard.empty()
    #expect(floor.switchboard.counts == (0, 0, 0, 0))
  }

  @Test("S2 a parking place holds one; who dials it gets its call, a customer can't")
  func parking() async throws {
    let call = try await answered()
    floor.switchboard.receive(.referred(try leg("anna", of: call), .number("*687")))
    _ = try #require(await floor.call { $0.parked?.slot == "7" })
    let other = floor.invite("ben", from: "carol")
    let second = try #require(await floor.call { $0.facts.agents == ["ben"] && $0.phase == .answered })
    let ben = try leg("ben", of: second)
    floor.switchboard.receive(.referred(ben, .number("*687")))
    #expect(await refused(ben) == .transferRefused("parking place 7 is taken; choose another"))
    floor.switchboard.receive(.referred(other, .number("*688")))
    #expect(await refused(other) == .noRoute("*688"))
    let byCustomer = floor.invite("*687", from: "carol")
    #expect(floor.commands.last == .refuse(byCustomer, .noRoute("*687")))
    let empty = floor.invite("*689", from: "anna")
    #expect(floor.commands.last == .refuse(empty, .transferRefused("nobody is parked at 9")))
    floor.invite("*687", from: "anna")
    let fetched = try #require(
      await floor.call { $0.id == call.id && $0.parked == nil && $0.participants.count == 2 })
    #expect(fetched.transfers.map(\.kind) == [.park, .retrieval] && fetched.facts.agents == ["anna"])
    await floor.switchboard.stop(.normal)
  }

  @Test("S5 what a trunk's headers say counts more than the directory")
  func headers() async throws {
    floor.invite(
      "2000", from: "+4930", headers: ["x-earshot-queue": "vip", "x-earshot-customer-tier": "gold"])
    let call = try #require(await floor.call { $0.phase == .answered })
    #expect(call.facts.queue == "vip" && call.facts.customerTier == "gold" && call.facts.agents == ["anna"])
  }

  @Test(
    "S4 numbers that lead nowhere are refused with a reason; a supervisor who asks for an offer gets ours")
  func refused() async throws {
    let nowhere = floor.invite("nobody", from: "anna")
    #expect(floor.commands.first == .refuse(nowhere, .noRoute("nobody")))
    let call = try await answered()
    let blank = floor.invite("*31anna", from: "sue", sdp: nil)
    _ = try #require(await floor.call { $0.sessions.contains { $0.phase == .connecting } })
    while !floor.commands.contains(.answer(blank, sdp: "our offer")) { await Task.yield() }
    floor.switchboard.receive(.answeredOffer(blank, sdp: "answer", source: "192.0.2.9"))
    let heard = try #require(await floor.call { $0.sessions.contains { $0.phase == .live } })
    #expect(heard.id == call.id)
    await floor.switchboard.stop(.normal)
  }

  @Test("A2 out of scope: not shown, not found, not by feature code, and audited")
  func outOfScope() async throws {
    let call = try await answered()
    let tom = floor.principal("tom")
    #expect(await floor.desk.calls(for: tom).isEmpty)
    await #expect(throws: Refusal.unknownCall) { try await floor.desk.call(call.id, for: tom) }
    await #expect(throws: Refusal.unknownCall) {
      try await floor.desk.supervise(call.id, wish(.listen, by: "tom"))
    }
    let leg = floor.invite("*31anna", from: "tom")
    #expect(floor.commands.last == .refuse(leg, .noCallForAgent))
    let idle = floor.invite("*31ben", from: "tom")
    #expect(floor.commands.last == .refuse(idle, .noCallForAgent), "idle and out of scope look the same")
    let unknown = floor.invite("*31zoe", from: "tom")
    #expect(floor.commands.last == .refuse(unknown, .noRoute("zoe")))
    #expect(floor.entries.map(\.action) == Array(repeating: .refused, count: 4))
  }

  @Test("M8 a feature code finds the agent's call; the session is live when the phone is answered")
  func featureCode() async throws {
    _ = try await answered()
    let leg = floor.invite("*32anna", from: "sue")
    let call = try #require(await floor.call { $0.sessions.first?.phase == .live })
    #expect(call.sessions.first?.mode == .whisper)
    #expect(floor.commands.contains(.answer(leg, sdp: "our answer")))
    let stranger = floor.invite("*31anna", from: "carol")
    #expect(floor.commands.last == .refuse(stranger, .notPermitted(.listen)))
  }

  @Test("M6 one supervisor on two calls is refused, unless the policy allows it")
  func oneCallEach() async throws {
    let first = try await answered()
    floor.invite("ben", from: "carol")
    let second = try #require(await floor.call { $0.phase == .answered && $0.id != first.id })
    let session = try await floor.desk.supervise(first.id, wish(.listen))
    await #expect(throws: Refusal.alreadySupervising) {
      try await floor.desk.supervise(second.id, wish(.listen))
    }
    try await floor.desk.end(session.id, by: floor.principal("sue"), origin: .system)
    let again = try await floor.desk.supervise(second.id, wish(.listen))
    #expect(again.call == second.id)
  }

  @Test("X5 a busy media plane: no supervision first, then no calls, and all again once it has recovered")
  func overload() async throws {
    let clock = HandClock()
    let watch = LoadWatch(
      .init(), media: floor, clock: clock, switchboard: floor.switchboard, log: { _ in })
    /// Some seconds of which one worker spends that share at work.
    func live(_ share: Double) {
      for _ in 0..<8 {
        clock.advance(milliseconds: 1_000)
        floor.busyTimes[1] += Int64(share * 1e9)
        watch.look()
      }
    }
    watch.look()
    let call = try await answered()
    live(0.8)
    #expect(watch.overload.level == .noSupervision)
    await #expect(throws: Refusal.overloaded) {
      try await floor.desk.supervise(call.id, wish(.listen))
    }
    let second = floor.invite("ben", from: "+4930")
    #expect(floor.commands.contains { if case .refuse(second, _) = $0 { true } else { false } } == false)
    live(0.95)
    let third = floor.invite("ben", from: "+4931")
    #expect(floor.commands.last == .refuse(third, .overloaded))
    #expect(
      floor.switchboard.turnedAway == 1
        && floor.switchboard.board.snapshots.contains { $0.id == call.id && $0.phase == .answered })
    live(0.1)
    _ = try await floor.desk.supervise(call.id, wish(.listen))
    await floor.switchboard.stop(.normal)
  }

  @Test("U3 the audit is down: refused with the reason; nothing is left")
  func auditDown() async throws {
    let call = try await answered()
    floor.failAudit(true)
    await #expect(throws: Refusal.auditUnavailable) { try await floor.desk.supervise(call.id, wish(.listen)) }
    floor.failAudit(false)
    _ = try await floor.desk.supervise(call.id, wish(.listen))
  }

  @Test("A session of somebody else, or of another call's scope, is unknown")
  func foreignSession() async throws {
    let call = try await answered()
    let session = try await floor.desk.supervise(call.id, wish(.listen))
    let tom = floor.principal("tom")
    await #expect(throws: Refusal.unknownSession) { try await floor.desk.session(session.id, for: tom) }
    await #expect(throws: Refusal.unknownSession) {
      try await floor.desk.changeMode(session.id, to: .barge, reason: nil, by: tom, origin: .system)
    }
    try await floor.desk.end(session.id, by: floor.principal("sue"), origin: .system)
    let ended = try await floor.desk.session(session.id, for: floor.principal("sue"))
    #expect(ended.phase == .ended && ended.endReason == "left")
  }

  @Test("D2 a slow watcher keeps only the latest state of a call, and sees it go")
  func slowWatcher() async throws {
    let call = try await answered()
    let watch = await floor.desk.watch(for: floor.principal("sue"))
    var reader = watch.makeAsyncIterator()
    guard case .floor(let first)? = await reader.next() else {
      Issue.record("a watch begins with the floor")
      return
    }
    #expect(first.map(\.id) == [call.id])
    for _ in 0..<50 {
      let session = try await floor.desk.supervise(call.id, wish(.listen))
      try await floor.desk.end(session.id, by: floor.principal("sue"), origin: .system)
    }
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    var changes = 0
    while let change = await reader.next() {
      changes += 1
      if change == .gone(call.id) { break }
    }
    #expect(changes < 10, "a hundred changes became \(changes)")
  }
}

/// A clock that only a hand moves.
private final class HandClock: CallClock {
  private let time = Lock<Int64>(1_000)

  func now() -> Moment {
    let time = time.withLock { $0 }
    return Moment(wall: time, uptime: time)
  }

  func sleep(milliseconds: Int64) async throws { throw CancellationError() }
  func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}
