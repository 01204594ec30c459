import CallControl
import Locking
import Supervision
import Testing

@Suite("W3 M10 M12 the desks behind the pages")
struct BrowserDeskTests {
  private func wish(_ floor: ScriptedFloor, _ mode: SupervisionMode) -> SuperviseRequest {
    SuperviseRequest(
      principal: floor.principal("sue"), mode: mode, device: .webRTC(offer: "offer"),
      origin: ActOrigin(channel: "rest", address: "127.0.0.1", client: "test"))
  }

  private func answered(_ floor: ScriptedFloor) async throws -> CallSnapshot {
    floor.invite("anna", from: "carol")
    return try #require(await floor.call { $0.phase == .answered })
  }

  /// Sue listens by her browser.
  private func listening(_ floor: ScriptedFloor) async throws -> (CallSnapshot, SessionSnapshot) {
    let call = try await answered(floor)
    let session = try await floor.desk.supervise(call.id, wish(floor, .listen))
    let live = try #require(await floor.call { $0.sessions.first?.phase == .live })
    return (live, session)
  }

  @Test("W3 a callee with a page is called by it, on a leg of the browsers' numbers; others by SIP")
  func callee() async throws {
    let floor = ScriptedFloor(onPage: ["anna"])
    let call = try await answered(floor)
    let agent = try #require(call.participants.first { $0.role == .agent }?.leg)
    #expect(agent.value >= SignallingExchange.firstBrowserLeg && agent.value.isMultiple(of: 2))
    let transports = floor.media.compactMap { command in
      switch command {
      case .acceptOffer(let leg, _), .makeOffer(let leg, _): leg.transport
      default: nil
      }
    }
    #expect(transports == [.rtp, .webRTC])
    let plain = ScriptedFloor()
    let other = try await answered(plain)
    #expect(other.participants.allSatisfy { $0.leg!.value < SignallingExchange.firstBrowserLeg })
  }

  @Test("W3 each command goes to the plane that has its leg")
  func exchange() {
    final class Plane: SignallingPlane {
      let legs = Lock<[LegID]>([])
      func perform(_ command: SignallingCommand) {
        if let leg = command.leg { legs.withLock { $0.append(leg) } }
      }
    }
    let sip = Plane()
    let browsers = Plane()
    let exchange = SignallingExchange(sip: sip, browsers: browsers)
    for leg in [LegID(2), LegID(SignallingExchange.firstBrowserLeg - 1)] {
      exchange.perform(.end(leg, .normal))
    }
    let first = SignallingExchange.firstBrowserLeg
    let target = DialTarget.user(TenantID("acme"), UserID("anna"))
    let shown = CallerIdentity(user: "5551", name: "")
    let commands: [SignallingCommand] = [
      .dial(LegID(first), target, sdp: "", caller: shown, options: DialOptions()),
      .progress(LegID(first + 1), status: 180, sdp: nil), .answer(LegID(first + 2), sdp: ""),
      .reject(LegID(first + 3), SIPFailure(486, "Busy")), .refuse(LegID(first + 4), .stopping),
      .answerOffer(LegID(first + 5), sdp: ""), .rejectOffer(LegID(first + 6), .noCommonCodec),
      .end(LegID(first + 7), .normal),
    ]
    for command in commands { exchange.perform(command) }
    #expect(sip.legs.withLock { $0.count } == 2)
    #expect(browsers.legs.withLock { $0 } == (0..<8).map { LegID(first + $0) })
  }

  @Test("M1 M2 M10 through the desk: answer, talk, gains, cue and note")
  func supervisor() async throws {
    let floor = ScriptedFloor(onPage: ["anna"])
    let sue = floor.principal("sue")
    let (call, session) = try await listening(floor)
    #expect(session.answer == "our answer")
    _ = try await floor.desk.changeMode(session.id, to: .whisper, reason: nil, by: sue, origin: .system)
    #expect(try await floor.desk.talk(session.id, true, by: sue).talks)
    #expect(try await floor.desk.talk(session.id, false, by: sue).talks == false)
    _ = try await floor.desk.hear(session.id, gains: [call.participants[0].id: -6], by: sue)
    _ = try await floor.desk.cue(session.id, "Smile", by: sue, origin: .system)
    try await floor.desk.note(call.id, "polite", by: sue)
    let now = try await floor.desk.call(call.id, for: sue)
    #expect(now.cues.map(\.text) == ["Smile"] && now.notes.map(\.text) == ["polite"])
    #expect(now.matrix.routes.contains { $0.gain == -6 })
    let tom = floor.principal("tom")
    await #expect(throws: Refusal.unknownSession) { try await floor.desk.talk(session.id, true, by: tom) }
    await #expect(throws: Refusal.unknownSession) {
      try await floor.desk.cue(session.id, "x", by: tom, origin: .system)
    }
    await #expect(throws: Refusal.unknownCall) { try await floor.desk.note(call.id, "x", by: tom) }
    await #expect(throws: Refusal.badText("a note has 1 to 2000 characters")) {
      try await floor.desk.note(call.id, " ", by: sue)
    }
    #expect(floor.switchboard.counts.questions == 0)
  }

  @Test("A7 W3 an agent's view: his calls as they become, nobody else's; gone when the call is")
  func agentView() async throws {
    let floor = ScriptedFloor()
    let desk = AgentDesk(floor.switchboard)
    var views = await desk.watch(floor.principal("anna")).makeAsyncIterator()
    var others = await desk.watch(floor.principal("ben")).makeAsyncIterator()
    #expect(await views.next() == AgentView() && floor.switchboard.board.watcherCount == 2)
    let (call, session) = try await listening(floor)
    var view = await views.next()
    while view?.calls.first?.monitoring.isEmpty != false { view = await views.next() }
    #expect(
      view?.calls.map(\.id) == [call.id] && view?.calls.first?.monitoring.map(\.session) == [session.id])
    try await desk.raiseHand(call.id, word: "bill", by: floor.principal("anna"))
    while view?.calls.first?.hand == nil { view = await views.next() }
    await #expect(throws: Refusal.unknownCall) {
      try await desk.raiseHand(call.id, word: nil, by: floor.principal("ben"))
    }
    try await desk.lowerHand(call.id, by: floor.principal("anna"))
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    while view?.calls.isEmpty != true { view = await views.next() }
    #expect(await others.next() == AgentView(), "he was told once, of nothing")
    await floor.switchboard.stop(.normal)
    #expect(await views.next() == nil && floor.switchboard.board.watcherCount == 0)
  }

  @Test("M12 with the agent's view open he is asked; his yes opens the whisper, and the waiting reply comes")
  func consent() async throws {
    var policy = Policy()
    policy.agentAcceptsWhisper = true
    let floor = ScriptedFloor(policy: policy)
    let desk = AgentDesk(floor.switchboard)
    let anna = floor.principal("anna")
    let views = await desk.watch(anna)
    let (_, session) = try await listening(floor)
    async let raised = floor.desk.changeMode(
      session.id, to: .whisper, reason: nil, by: floor.principal("sue"), origin: .system)
    for await view in views {
      guard let ask = view.calls.first?.asks.first else { continue }
      await #expect(throws: Refusal.unknownSession) {
        try await desk.answerWhisper(ask.session, accepts: true, by: floor.principal("ben"))
      }
      try await desk.answerWhisper(ask.session, accepts: true, by: anna)
      break
    }
    #expect(try await raised.mode == .whisper)
    await #expect(throws: Refusal.unknownSession) {
      try await desk.answerWhisper(SessionID("none"), accepts: true, by: anna)
    }
  }

  @Test("M12 M10 an agent without a page is neither asked nor written to")
  func withoutPage() async throws {
    var policy = Policy()
    policy.agentAcceptsWhisper = true
    let floor = ScriptedFloor(policy: policy)
    let sue = floor.principal("sue")
    let (_, session) = try await listening(floor)
    let raised = try await floor.desk.changeMode(
      session.id, to: .whisper, reason: nil, by: sue, origin: .system)
    #expect(raised.mode == .whisper)
    await #expect(throws: Refusal.self) {
      try await floor.desk.cue(session.id, "x", by: sue, origin: .system)
    }
  }

  @Test("M1 levels reach those with a live session, cut to whom they hear; never the call")
  func levels() async throws {
    let floor = ScriptedFloor()
    let (call, session) = try await listening(floor)
    var own = await floor.desk.levels(for: floor.principal("sue")).makeAsyncIterator()
    let foreign = await floor.desk.levels(for: floor.principal("tom"))
    let customer = call.participants[0].id
    let revision = try await floor.desk.call(call.id, for: floor.principal("sue")).revision
    floor.switchboard.receive(
      call.id, .levels([customer: -20, session.participant: -30, ParticipantID(99): -10]))
    #expect(
      await own.next() == LevelReading(call: call.id, levels: [customer: -20, session.participant: -30]))
    #expect(try await floor.desk.call(call.id, for: floor.principal("sue")).revision == revision)
    await floor.switchboard.stop(.normal)
    var told = 0
    for await _ in foreign { told += 1 }
    #expect(told == 0)
    #expect(await own.next() == nil)
  }
}
