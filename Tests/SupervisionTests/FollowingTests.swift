import Supervision
import Testing

/// What becomes of supervision when a call is transferred.
@Suite("S6 whom supervision follows")
struct FollowingTests {
  private static let customer = ParticipantID(1)

  private func hears(_ driver: CallDriver, _ session: SessionID) -> Set<ParticipantID> {
    guard let session = driver.call.session(session) else { return [] }
    return Set(driver.call.matrix.sources(of: session.participant))
  }

  /// A supervised call that was transferred to Ben.
  private func transferred(
    _ mode: SupervisionMode, _ policy: Policy = Policy(), by leg: LegID = CallDriver.agentLeg,
    principal: Principal = CallDriver.principal(), queue: String = "sales", hasPage: Bool = false,
    auditHeld: Bool = false
  ) -> (driver: CallDriver, session: SessionID) {
    var driver = CallDriver.answered(policy: policy)
    let session = driver.supervise(mode, by: principal).session
    driver.routeAnswer = TransferTests.ben(queue: queue, hasPage: hasPage)
    driver.auditHeld = auditHeld
    driver.send(.referred(leg, .number("ben")))
    TransferTests.answer(&driver)
    return (driver, session)
  }

  struct Case: CustomTestStringConvertible {
    var policy: Policy.AfterTransfer
    var byAgent: Bool
    var goesOn: Bool
    var testDescription: String { "\(policy), \(byAgent ? "agent" : "customer") transfers" }
  }

  @Test(
    "S6 the policy names whom it follows",
    arguments: [
      Case(policy: .customer, byAgent: true, goesOn: true),
      Case(policy: .customer, byAgent: false, goesOn: false),
      Case(policy: .agent, byAgent: true, goesOn: false), Case(policy: .agent, byAgent: false, goesOn: true),
      Case(policy: .end, byAgent: true, goesOn: false), Case(policy: .end, byAgent: false, goesOn: false),
    ])
  func policies(_ example: Case) throws {
    var policy = Policy()
    policy.afterTransfer = example.policy
    let leg = example.byAgent ? CallDriver.agentLeg : CallDriver.customerLeg
    let (driver, id) = transferred(.listen, policy, by: leg)
    let session = try #require(driver.call.session(id))
    #expect(driver.call.phase == .answered && driver.call.parties.count == 2)
    if example.goesOn {
      #expect(session.phase == .live && hears(driver, id) == Set(driver.call.parties.map(\.id)))
      #expect(driver.entries.map(\.action) == [.opened, .transferred])
      #expect(driver.entries.last?.outcome == (example.byAgent ? "from Anna to Ben" : "from Carol to Ben"))
    } else {
      #expect(session.phase == .ended && hears(driver, id).isEmpty)
      #expect(driver.entries.map(\.action) == [.opened, .closed])
      #expect(session.endReason?.contains("transfer") == true)
    }
  }

  @Test(
    "S6 U3 no audit, no sound of the newcomer; the party followed is heard without a break",
    arguments: [
      SupervisionMode.listen, .whisper, .barge,
    ])
  func gate(_ mode: SupervisionMode) throws {
    var (driver, id) = transferred(mode, auditHeld: true)
    let session = try #require(driver.call.session(id))
    let newcomer = try #require(driver.call.parties.last?.id)
    #expect(hears(driver, id) == [Self.customer])
    #expect(!driver.call.matrix.contains(from: session.participant, to: newcomer))
    let matrices = driver.media.compactMap { if case .apply(let matrix, _) = $0 { matrix } else { nil } }
    let since = matrices.firstIndex { $0.contains(from: Self.customer, to: session.participant) } ?? 0
    #expect(matrices[since...].allSatisfy { $0.contains(from: Self.customer, to: session.participant) })
    #expect(matrices.allSatisfy { !$0.contains(from: newcomer, to: session.participant) })
    driver.releaseAudit()
    #expect(hears(driver, id) == [Self.customer, newcomer])
    #expect(driver.call.matrix.contains(from: session.participant, to: newcomer) == (mode != .listen))
    let entry = try #require(driver.entries.last)
    #expect(entry.action == .transferred && entry.agent == "Ben" && entry.monitoredExtension == "ben")
    #expect(driver.call.session(id)?.target == newcomer)
  }

  @Test("S6 U3 the audit can't be written: the session ends, and never heard the newcomer")
  func auditDown() throws {
    var (driver, id) = transferred(.barge, auditHeld: true)
    driver.auditWorks = false
    driver.releaseAudit()
    #expect(driver.call.session(id)?.endReason == Refusal.auditUnavailable.explanation)
    #expect(driver.call.phase == .answered && driver.call.matrix.routes.count == 2)
  }

  @Test(
    "S6 A2 a newcomer out of the supervisor's scope ends the session at once; the call belongs to his queue now"
  )
  func outOfScope() throws {
    let scoped = Principal(
      user: UserID("sue"), name: "SUE", tenant: CallDriver.tenant,
      grants: [Grant(permissions: Set(Permission.allCases), scope: Scope(queues: ["sales"]))])
    let (driver, id) = transferred(.listen, principal: scoped, queue: "support", auditHeld: true)
    #expect(driver.call.facts.queue == "support")
    #expect(driver.call.session(id)?.endReason == "the call has left the supervisor's scope")
    #expect(driver.heldTickets.isEmpty, "what closes waits for nothing")
  }

  @Test(
    "S6 M12 a whisper to a newcomer who would have to agree ends; listening goes on",
    arguments: [true, false])
  func consent(whispers: Bool) throws {
    var policy = Policy()
    policy.agentAcceptsWhisper = true
    let (driver, id) = transferred(whispers ? .whisper : .listen, policy, hasPage: true)
    let session = try #require(driver.call.session(id))
    if whispers {
      #expect(session.endReason == "Ben hasn't agreed to a whisper")
    } else {
      #expect(session.phase == .live)
    }
  }

  @Test("S6 M7 what was about to open towards the one who left never opens")
  func pendingRaise() throws {
    var driver = CallDriver.answered()
    let session = driver.supervise(.listen).session
    driver.auditHeld = true
    let raise = driver.change(session, to: .whisper)
    driver.routeAnswer = TransferTests.ben()
    driver.send(.referred(CallDriver.agentLeg, .number("ben")))
    TransferTests.answer(&driver)
    #expect(driver.refusal(raise) == .agentReleased)
    driver.releaseAudit()
    #expect(driver.call.session(session)?.mode == .listen)
    #expect(driver.call.matrix.listeners(to: driver.call.session(session)!.participant).isEmpty)
  }

  @Test("S6 in a parking place the session waits with the customer, and goes on with whoever fetches him")
  func parked() throws {
    var driver = CallDriver.answered()
    let session = driver.supervise(.whisper).session
    driver.routeAnswer = .success(.parking(slot: "7"))
    driver.send(.referred(CallDriver.agentLeg, .number("*687")))
    #expect(driver.call.session(session)?.phase == .live)
    #expect(hears(driver, session) == [.player], "what the customer says to the hold sound is for nobody")
    let side = CallSetup.Side(
      leg: LegID(50), role: .agent, address: "ben", name: "Ben",
      sources: SourcePolicy(signallingAddress: "192.0.2.5"),
      endpoint: .user(CallDriver.tenant, UserID("ben")), placement: Placement(queue: "sales"))
    driver.feed(.arrived(Arrival(side: side, offer: "offer", place: .parked(slot: "7"), hasPage: false)))
    let ben = try #require(driver.call.parties.last?.id)
    #expect(hears(driver, session) == [Self.customer, ben])
    #expect(driver.call.session(session)?.target == ben)
    #expect(driver.entries.map(\.action) == [.opened, .transferred])
  }

  @Test(
    "S8 S6 a third joins: unheard until the audit has it; his leaving takes nobody's session but one aimed at him"
  )
  func conference() throws {
    var driver = CallDriver.answered()
    let session = driver.supervise(.whisper).session
    driver.routeAnswer = TransferTests.ben()
    let anna = Principal(user: UserID("anna"), name: "Anna", tenant: CallDriver.tenant, grants: [])
    driver.auditHeld = true
    driver.ask { .invite($0, "ben", from: CallDriver.annasPhone, by: anna) }
    TransferTests.answer(&driver)
    let ben = try #require(driver.call.parties.last?.id)
    let supervisor = try #require(driver.call.session(session)).participant
    #expect(hears(driver, session) == [Self.customer, TransferTests.anna])
    driver.releaseAudit()
    #expect(hears(driver, session) == [Self.customer, TransferTests.anna, ben])
    #expect(driver.call.matrix.listeners(to: supervisor) == [TransferTests.anna], "he coaches one of them")
    driver.send(.ended(CallDriver.agentLeg, .normal))
    #expect(driver.call.session(session)?.target == ben && driver.call.session(session)?.mode == .listen)
  }
}
