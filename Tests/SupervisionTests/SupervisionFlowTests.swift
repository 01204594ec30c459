import Supervision
import Testing

@Suite("M1–M8, U1–U4 supervision on a call")
struct SupervisionFlowTests {
  private func actions(_ driver: CallDriver) -> [AuditAction] { driver.entries.map(\.action) }

  @Test("U3 nothing is opened before the entry is on disk", arguments: [true, false])
  func auditFirst(dialIn: Bool) {
    var driver = CallDriver.answered()
    driver.auditHeld = true
    driver.media = []
    driver.signalling = []
    let asked = driver.supervise(.listen, dialIn: dialIn)
    #expect(driver.media.isEmpty && driver.signalling.isEmpty)
    #expect(driver.replies[asked.request] == nil)
    driver.releaseAudit()
    #expect((try? driver.replies[asked.request]?.get().mode) == .listen)
    if !dialIn { driver.send(.answered(asked.leg, sdp: "answer", source: "")) }
    #expect(driver.call.session(asked.session)?.phase == .live)
    #expect(driver.call.matrix.sources(of: ParticipantID(3)) == [ParticipantID(1), ParticipantID(2)])
  }

  @Test("S8 hundreds who come and go: the call shows the last of them, and the record has all")
  func comingAndGoing() throws {
    var driver = CallDriver.answered()
    let staying = driver.supervise(.listen, by: CallDriver.principal("tom"))
    for number in 1...100 {
      let asked = driver.supervise(.whisper)
      #expect(driver.call.session(asked.session)?.phase == .live)
      driver.send(.ended(asked.leg, .normal))
      #expect(driver.call.session(asked.session)?.phase == .ended)
      #expect(driver.call.sessions.count == 1 + min(number, Call.shownPastSessions))
    }
    #expect(driver.call.session(staying.session)?.phase == .live)
    #expect(driver.call.snapshot.sessions.count == driver.call.sessions.count && driver.illegal.isEmpty)
    driver.send(.ended(CallDriver.customerLeg, .normal))
    let record = try #require(driver.record)
    #expect(record.snapshot.sessions.count == 101 && record.reports.count == 103)
    #expect(Set(record.snapshot.sessions.map(\.id)).count == 101)
  }

  @Test("U3 no audit, no supervision: refused on every way, and the call goes on")
  func auditDown() {
    var driver = CallDriver.answered()
    driver.auditWorks = false
    let asked = driver.supervise(.listen)
    #expect(driver.replies[asked.request] == .failure(.auditUnavailable))
    #expect(driver.signalling.last == .refuse(asked.leg, .auditUnavailable))
    #expect(driver.call.phase == .answered && driver.call.matrix.routes.count == 2)
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.record != nil)
  }

  @Test("U3 going up waits for the entry; going down and leaving doesn't")
  func upWaitsDownDoesNot() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.listen)
    driver.auditHeld = true
    let request = driver.change(asked.session, to: .barge)
    #expect(driver.call.session(asked.session)?.mode == .listen && driver.replies[request] == nil)
    driver.releaseAudit()
    #expect(driver.call.session(asked.session)?.mode == .barge)
    driver.auditWorks = false
    driver.change(asked.session, to: .listen)
    #expect(driver.call.session(asked.session)?.mode == .listen)
    #expect(driver.call.matrix.listeners(to: ParticipantID(3)).isEmpty)
    let left = driver.leave(asked.session)
    #expect((try? driver.replies[left]?.get()) != nil)
    #expect(driver.call.matrix.routes.count == 2)
  }

  @Test("U3 a downgrade while an upgrade waits wins; the late entry is withdrawn by another")
  func downgradeWins() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.whisper)
    driver.auditHeld = true
    let up = driver.change(asked.session, to: .barge)
    driver.change(asked.session, to: .listen)
    #expect(driver.replies[up] == .failure(.callNotActive))
    driver.releaseAudit()
    #expect(driver.call.session(asked.session)?.mode == .listen)
    #expect(driver.entries.last?.outcome.contains("withdrawn") == true)
  }

  @Test("U3 a request that is overtaken by the end of the call leaves a whole story and no session")
  func endOvertakesAdmission() {
    var driver = CallDriver.answered()
    driver.auditHeld = true
    let asked = driver.supervise(.listen)
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.replies[asked.request] == .failure(.callNotActive))
    #expect(driver.record == nil, "the entry is still out")
    driver.releaseAudit()
    #expect(actions(driver) == [.opened, .abandoned] && driver.record != nil && driver.open.isEmpty)
  }

  @Test("U1 one entry per change, and a closing entry with spans")
  func story() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.listen, purpose: "training")
    driver.change(asked.session, to: .whisper)
    driver.change(asked.session, to: .barge)
    driver.change(asked.session, to: .listen)
    driver.leave(asked.session)
    #expect(actions(driver) == [.opened, .modeChanged, .modeChanged, .modeChanged, .closed])
    let closed = driver.entries.last!
    #expect(closed.spans.map(\.mode) == [.listen, .whisper, .barge, .listen])
    #expect(zip(closed.spans, closed.spans.dropFirst()).allSatisfy { $0.to == $1.from })
    #expect(closed.purpose == "training" && closed.agent == "Anna" && closed.monitoredExtension == "anna")
    #expect(closed.supervisor == UserID("sue") && closed.queue == "sales")
  }

  @Test("U4 what the mixer counted is told per mode and listener")
  func proof() {
    var driver = CallDriver.answered()
    let sup = ParticipantID(3)
    let asked = driver.supervise(.whisper)
    driver.mixed = [MixProof(from: sup, to: ParticipantID(2), samples: 8_000)]
    driver.change(asked.session, to: .barge)
    driver.mixed = [
      MixProof(from: sup, to: ParticipantID(2), samples: 9_600),
      MixProof(from: sup, to: ParticipantID(1), samples: 1_600),
    ]
    driver.leave(asked.session)
    let proof = driver.entries.last!.proof
    func samples(_ mode: SupervisionMode, _ role: Role) -> UInt64? {
      proof.first { $0.mode == mode && $0.listener == role }?.samples
    }
    #expect(samples(.whisper, .customer) == 0 && samples(.whisper, .agent) == 8_000)
    #expect(samples(.barge, .customer) == 1_600 && samples(.barge, .agent) == 1_600)
  }

  @Test("M4 takeover, agent released: his leg is ended with a Reason, the customer's is untouched")
  func takeoverReleases() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.listen)
    driver.signalling = []
    driver.change(asked.session, to: .takeover)
    guard case .end(CallDriver.agentLeg, let reason)? = driver.signalling.first else {
      Issue.record("the agent wasn't released: \(driver.signalling)")
      return
    }
    #expect(reason.text.contains("taken over") && driver.signalling.count == 1)
    #expect(driver.call.snapshot.handler == ParticipantID(3))
    #expect(
      Set(driver.call.matrix.routes.filter { $0.medium == .voice }) == [
        Route(from: ParticipantID(3), to: ParticipantID(1)),
        Route(from: ParticipantID(1), to: ParticipantID(3)),
      ])
    let down = driver.change(asked.session, to: .listen)
    #expect(driver.replies[down] == .failure(.agentReleased))
    driver.send(.ended(asked.leg, .normal))
    #expect(driver.record != nil, "the handler hung up: the call is over")
    #expect(
      driver.signalling.contains { if case .end(CallDriver.customerLeg, _) = $0 { true } else { false } })
  }

  @Test("M4 takeover, agent kept: he listens, gets the customer back, and may leave without ending the call")
  func takeoverKeeps() {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy)
    let asked = driver.supervise(.takeover)
    #expect(driver.call.matrix.listeners(to: ParticipantID(2)).isEmpty)
    driver.leave(asked.session)
    #expect(driver.call.snapshot.handler == ParticipantID(2) && driver.call.matrix.routes.count == 2)
    let again = driver.supervise(.takeover)
    driver.send(.ended(CallDriver.agentLeg, .normal))
    #expect(driver.call.phase == .answered && driver.call.session(again.session)?.phase == .live)
  }

  @Test("S3 a lost handler: hold sound, return as handler; else the fall-back")
  func lostHandler() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.takeover)
    driver.send(.lost(asked.leg, "no answer to a request in the dialog"))
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [.player])
    #expect(driver.call.snapshot.sessions.first?.phase == .away)
    let back = driver.supervise(.listen)
    #expect((try? driver.replies[back.request]?.get().id) == asked.session)
    #expect(driver.call.session(asked.session)?.mode == .takeover)
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [ParticipantID(3)])
    driver.send(.lost(back.leg, "again"))
    driver.feed(.timer(.supervisorReturn(asked.session)))
    #expect(driver.record != nil && driver.entries.last?.action == .closed)
  }

  @Test("S3 a lost listener returns in listen mode; if he doesn't, his session ends and the call doesn't")
  func lostListener() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.barge)
    driver.send(.lost(asked.leg, "gone"))
    #expect(driver.call.matrix.routes.count == 2)
    #expect(driver.replies[driver.supervise(.barge).request] == .failure(.alreadySupervising))
    driver.supervise(.listen)
    #expect(driver.call.session(asked.session)?.mode == .listen)
    driver.send(.ended(driver.call.session(asked.session)!.leg, .normal))
    #expect(driver.call.phase == .answered && driver.entries.last?.action == .closed)
  }

  @Test("M8 keys: 5 whispers, 6 6 barges, 7 7 takes over, * leaves; one press alone does nothing but prompt")
  func keys() {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy)
    let asked = driver.supervise(.listen)
    let mode = { (driver: CallDriver) in driver.call.session(asked.session)?.mode }
    driver.press("5", on: asked.leg)
    #expect(mode(driver) == .whisper)
    driver.press("6", on: asked.leg)
    #expect(mode(driver) == .whisper && driver.media.contains(.play(.confirm, to: ParticipantID(3))))
    driver.feed(.timer(.confirm(asked.session)))
    driver.press("6", on: asked.leg)
    #expect(mode(driver) == .whisper, "the first press was forgotten after three seconds")
    driver.press("6", on: asked.leg)
    #expect(mode(driver) == .barge)
    driver.press("67", on: asked.leg)
    #expect(mode(driver) == .barge, "6 in barge is no news, and one 7 isn't enough")
    driver.press("7", on: asked.leg)
    #expect(mode(driver) == .takeover)
    driver.press("4", on: asked.leg)
    #expect(mode(driver) == .listen)
    driver.press("190#A", on: asked.leg)
    #expect(mode(driver) == .listen)
    driver.press("*", on: asked.leg)
    #expect(driver.call.session(asked.session)?.phase == .ended && driver.open.count == 2)
  }

  @Test("M7 a key needs the right of the higher mode at that moment, and a refusal is heard and audited")
  func keysNeedRights() {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.listen)
    driver.press("5", on: asked.leg, by: CallDriver.principal("sue", [.view, .listen]))
    #expect(driver.call.session(asked.session)?.mode == .listen)
    #expect(driver.entries.last?.action == .refused && driver.entries.last?.origin.channel == "dtmf")
    #expect(driver.media.contains(.play(.refused, to: ParticipantID(3))))
    driver.press("66", on: asked.leg, by: CallDriver.principal("sue", [.view, .listen, .whisper]))
    #expect(driver.call.session(asked.session)?.mode == .listen)
    driver.press("5", on: asked.leg, by: nil)
    #expect(driver.call.session(asked.session)?.mode == .listen, "he is no user any more")
  }

  @Test("A2 A1 refusals: who may not is told why; who is out of scope learns nothing; all are audited")
  func refusals() {
    var policy = Policy()
    policy.purposeRequired = [.barge]
    var driver = CallDriver.answered(policy: policy)
    func refusal(_ asked: (request: RequestID, session: SessionID, leg: LegID)) -> Refusal? {
      if case .failure(let refusal)? = driver.replies[asked.request] { return refusal }
      return nil
    }
    let other = Principal(
      user: UserID("x"), name: "X", tenant: CallDriver.tenant,
      grants: [Grant(permissions: Set(Permission.allCases), scope: Scope(queues: ["support"]))])
    let foreign = Principal(
      user: UserID("x"), name: "X", tenant: TenantID("other"),
      grants: [Grant(permissions: Set(Permission.allCases))])
    #expect(refusal(driver.supervise(.listen, by: other)) == .unknownCall)
    #expect(refusal(driver.supervise(.listen, by: foreign)) == .unknownCall)
    #expect(
      refusal(driver.supervise(.barge, by: CallDriver.principal("lea", [.listen]))) == .notPermitted(.barge))
    #expect(refusal(driver.supervise(.barge)) == .statementMissing("purpose"))
    #expect(refusal(driver.supervise(.listen, target: "zoe")) == .noCallForAgent)
    #expect(refusal(driver.supervise(.listen, elsewhere: true)) == .alreadySupervising)
    #expect(actions(driver) == Array(repeating: .refused, count: 6))
    driver.supervise(.takeover)
    #expect(refusal(driver.supervise(.takeover, by: CallDriver.principal("tom"))) == .alreadyTakenOver)
    var early = CallDriver()
    let tooEarly = early.supervise(.listen)
    #expect(early.replies[tooEarly.request] == .failure(.callNotActive))
  }

  @Test(
    "A11 a device outside the policy's networks isn't dialled",
    arguments: [
      "sip:sue@192.0.2.7", "sip:sue@localhost", "tel:+4930", "sip:", "sip:sue@127.0.0.1@192.0.2.7:5060",
      "sip:a@[2001:db8::1]:5060", "sip:<x>@127.0.0.1",
      "sip:127.0.0.1;x@192.0.2.7", "sip:127.0.0.1/@192.0.2.7", "sip:a@127.0.0.1;maddr=192.0.2.7",
      "sip:a@192.0.2.7?Route=@127.0.0.1", "sips:a@127.0.0.1", "sip:[::1", "sip:a@127.0.0.1\r\nRoute: x",
    ])
  func deviceNetworks(_ uri: String) {
    guard case .deviceUnusable? = Policy().objection(toDevice: uri) else {
      Issue.record("\(uri) may be dialled")
      return
    }
    for good in ["sue", "sip:sue@127.0.0.1:5070;transport=udp", "sip:[::1]:5060", "sip:127.0.0.1"] {
      #expect(Policy().objection(toDevice: good) == nil)
    }
  }

  @Test("A3 a grant counts only between its dates")
  func grantDates() {
    var grant = Grant(permissions: [.listen], from: 100, until: 200)
    let facts = CallFacts(tenant: CallDriver.tenant, direction: .inbound)
    func decide(_ wall: Int64) -> AccessDecision {
      let holder = Principal(user: UserID("t"), name: "T", tenant: CallDriver.tenant, grants: [grant])
      return AccessRules.decide(holder, .listen, on: facts, at: Moment(wall: wall, uptime: 0))
    }
    #expect(
      decide(99) == .denied(.unknownCall) && decide(100) == .allowed && decide(200) == .denied(.unknownCall))
    grant.scope.agents = ["zoe"]
    #expect(decide(150) == .denied(.unknownCall))
  }

  @Test("M8 a device that is busy, silent or without a codec: told, audited, nothing left")
  func deviceFails() {
    for (failure, word) in [
      (SIPFailure(486, "Busy"), "busy"), (SIPFailure(408, "Timeout"), "answer"),
      (SIPFailure(488, "No"), "codec"),
    ] {
      var driver = CallDriver.answered()
      driver.auditHeld = true
      let asked = driver.supervise(.listen, dialIn: false)
      driver.releaseAudit()
      driver.send(.failed(asked.leg, failure))
      #expect(driver.call.session(asked.session)?.endReason?.contains(word) == true)
      #expect(driver.entries.last?.action == .abandoned && driver.open.count == 2)
      #expect(driver.call.snapshot.participants.count == 2)
    }
  }

  @Test("U3 an audit that stays down ends supervision and no call")
  func auditLost() {
    var driver = CallDriver.answered()
    let listener = driver.supervise(.barge)
    driver.feed(.auditLost)
    #expect(driver.call.session(listener.session)?.phase == .ended && driver.call.phase == .answered)
    let handler = driver.supervise(.takeover)
    driver.feed(.auditLost)
    #expect(driver.call.session(handler.session)?.phase == .live, "the customer isn't left alone")
  }

  @Test("M6 two supervisors, each in his own mode; a whisper ends when its agent is released by the other")
  func twoSupervisors() {
    var driver = CallDriver.answered()
    let coach = driver.supervise(.whisper)
    let chief = driver.supervise(.takeover, by: CallDriver.principal("tom"))
    #expect(driver.call.session(coach.session)?.mode == .listen)
    #expect(driver.call.session(chief.session)?.mode == .takeover)
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [ParticipantID(4)])
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.entries.filter { $0.action == .closed }.count == 2 && driver.record != nil)
  }

  @Test("S2 while the agent holds by sendonly, the session says that he can't hear")
  func targetCannotHear() {
    var driver = CallDriver.answered()
    driver.supervise(.whisper)
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    #expect(driver.call.snapshot.sessions.first?.targetCanHear == false)
    #expect(driver.call.snapshot.sessions.first?.phase == .live)
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendrecv"))
    #expect(driver.call.snapshot.sessions.first?.targetCanHear == true)
  }

  @Test("X1 U4 the wall clock is set back during a session: its length in the audit stays true")
  func clockSetBack() throws {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.listen)
    let began = driver.now
    driver.advance(milliseconds: 10_000)
    driver.now.wall -= 3_600_000
    driver.advance(milliseconds: 5_000)
    driver.send(.ended(asked.leg, .normal))
    let closed = try #require(driver.entries.last)
    #expect(closed.action == .closed)
    let (start, end) = (try #require(closed.started), try #require(closed.ended))
    #expect((15_000...15_100).contains(end - start))
    #expect(closed.time < began.wall, "the entry itself says what the clock said")
  }
}
