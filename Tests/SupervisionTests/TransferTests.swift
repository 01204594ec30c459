import Supervision
import Testing

/// What a call does when a party transfers it: the one who stays notices nothing but another voice.
@Suite("S1 S2 transfers of a call")
struct TransferTests {
  static let newLeg = LegID(50)
  static let customer = ParticipantID(1)
  static let anna = ParticipantID(2)

  static func ben(queue: String = "sales", hasPage: Bool = false) -> Result<TransferRoute, Refusal> {
    .success(
      .party(
        CallSetup.Side(
          leg: newLeg, role: .agent, address: "ben", name: "Ben",
          sources: SourcePolicy(signallingAddress: nil),
          endpoint: .user(CallDriver.tenant, UserID("ben")), placement: Placement(queue: queue)),
        .user(CallDriver.tenant, UserID("ben")), hasPage: hasPage))
  }

  /// A call whose agent transfers it to Ben, whose phone rings.
  static func ringing(policy: Policy = Policy(), by leg: LegID = CallDriver.agentLeg) -> CallDriver {
    var driver = CallDriver.answered(policy: policy)
    driver.routeAnswer = ben()
    driver.send(.referred(leg, .number("ben")))
    driver.send(.progress(newLeg, status: 180, sdp: nil, source: "192.0.2.5"))
    return driver
  }

  static func answer(_ driver: inout CallDriver) {
    driver.send(.answered(newLeg, sdp: "answer", source: "192.0.2.5"))
  }

  private func voices(_ driver: CallDriver) -> Set<Route> {
    Set(driver.call.matrix.routes.filter { $0.medium == .voice })
  }

  @Test(
    "S2 blind: the target is called with the referrer's rights, takes his place, and nobody is renegotiated")
  func blind() throws {
    var driver = CallDriver.answered()
    driver.routeAnswer = Self.ben()
    let before = driver.signalling.count
    driver.send(.referred(CallDriver.agentLeg, .number("ben")))
    #expect(driver.routes.map(\.number) == ["ben"] && driver.routes.map(\.from) == [CallDriver.annasPhone])
    #expect(driver.call.snapshot.isTransferring)
    driver.send(.progress(Self.newLeg, status: 180, sdp: nil, source: "192.0.2.5"))
    #expect(
      voices(driver) == [
        Route(from: Self.customer, to: Self.anna), Route(from: Self.anna, to: Self.customer),
      ])
    Self.answer(&driver)
    let newcomer = try #require(driver.call.participants.last)
    #expect(newcomer.role == .agent && newcomer.address == "ben" && driver.call.participants.count == 2)
    #expect(
      voices(driver) == [
        Route(from: Self.customer, to: newcomer.id), Route(from: newcomer.id, to: Self.customer),
      ])
    let said = driver.signalling.dropFirst(before)
    let agent = CallDriver.agentLeg
    #expect(
      said.filter { if case .dial = $0 { false } else { true } } == [
        .reportReferral(agent, .trying), .reportReferral(agent, .ringing), .reportReferral(agent, .accepted),
        .end(agent, HangupReason(cause: 200, text: "Transferred to Ben")),
      ])
    let shown = said.compactMap { if case .dial(_, _, _, let caller, _) = $0 { caller } else { nil } }
    #expect(shown == [CallerIdentity(user: "5551", name: "Carol")])
    #expect(driver.media.contains(.closeLeg(agent)) && driver.illegal.isEmpty)
    let snapshot = driver.call.snapshot
    #expect(snapshot.facts.agents == ["ben"] && snapshot.handler == newcomer.id && !snapshot.isTransferring)
    #expect(snapshot.transfers.map(\.kind) == [.blind] && snapshot.transfers.first?.to == "Ben")
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.record != nil && driver.open.isEmpty)
  }

  @Test("S2 the customer's side transfers likewise: the agent stays")
  func byCustomer() {
    var driver = Self.ringing(by: CallDriver.customerLeg)
    #expect(driver.routes.map(\.from) == [CallDriver.carrier])
    Self.answer(&driver)
    #expect(driver.call.participants.map(\.address) == ["anna", "ben"])
    #expect(driver.call.handler == nil, "there is no customer any more")
    #expect(
      driver.signalling.contains(
        .end(CallDriver.customerLeg, HangupReason(cause: 200, text: "Transferred to Ben"))))
  }

  enum Failure: CaseIterable {
    case busy, silent, noRoute, unusableAnswer
  }

  @Test("S2 a transfer that fails is told, and the call goes on untouched", arguments: Failure.allCases)
  func failed(_ failure: Failure) {
    var driver = CallDriver.answered()
    let before = driver.call.matrix
    driver.routeAnswer = failure == .noRoute ? .failure(.noRoute("ben")) : Self.ben()
    driver.send(.referred(CallDriver.agentLeg, .number("ben")))
    let outcome: ReferralOutcome
    switch failure {
    case .busy:
      outcome = .failed(SIPFailure(486, "Busy Here"))
      driver.send(.failed(Self.newLeg, SIPFailure(486, "Busy Here")))
    case .silent:
      outcome = .failed(SIPFailure(408, "No Answer"))
      driver.send(.failed(Self.newLeg, SIPFailure(408, "No Answer")))
    case .noRoute: outcome = .refused(.noRoute("ben"))
    case .unusableAnswer:
      outcome = .refused(.noCommonCodec)
      driver.send(.answered(Self.newLeg, sdp: nil, source: "192.0.2.5"))
    }
    let told = driver.signalling.compactMap { command in
      if case .reportReferral(CallDriver.agentLeg, let outcome) = command { outcome } else { nil }
    }
    if failure == .unusableAnswer {
      guard case .refused(.badDescription)? = told.last else {
        Issue.record("\(told)")
        return
      }
    } else {
      #expect(told.last == outcome)
    }
    #expect(
      driver.call.matrix == before && driver.call.participants.count == 2
        && !driver.call.snapshot.isTransferring)
    #expect(driver.open == [CallDriver.customerLeg, CallDriver.agentLeg])
    driver.routeAnswer = Self.ben()
    driver.send(.referred(CallDriver.agentLeg, .number("ben")))
    #expect(driver.call.snapshot.isTransferring, "and he may try again")
  }

  @Test("S2 who has no say gets a reason, and nothing changes")
  func refused() throws {
    var driver = Self.ringing()
    driver.send(.referred(CallDriver.customerLeg, .number("eve")))
    #expect(driver.signalling.last == .reportReferral(CallDriver.customerLeg, .refused(.transferPending)))

    driver = CallDriver.answered()
    let supervisor = driver.supervise(.listen)
    driver.send(.referred(supervisor.leg, .number("eve")))
    guard case .reportReferral(supervisor.leg, .refused(.transferRefused))? = driver.signalling.last else {
      Issue.record("\(String(describing: driver.signalling.last))")
      return
    }

    var policy = Policy()
    policy.agentAfterTakeover = .listen
    driver = CallDriver.answered(policy: policy)
    driver.supervise(.takeover)
    driver.send(.referred(CallDriver.agentLeg, .number("eve")))
    #expect(driver.signalling.last == .reportReferral(CallDriver.agentLeg, .refused(.alreadyTakenOver)))

    driver = CallDriver()
    driver.send(.referred(CallDriver.customerLeg, .number("eve")))
    #expect(driver.signalling.last == .reportReferral(CallDriver.customerLeg, .refused(.callNotActive)))
    #expect(driver.routes.isEmpty)
  }

  @Test("S2 nobody takes over while somebody is on his way")
  func takeoverMeanwhile() {
    var driver = Self.ringing()
    let wish = driver.supervise(.takeover)
    #expect(driver.refusal(wish.request) == .transferPending)
  }

  @Test("S2 who transfers needn't wait: the customer hears the hold sound until the target answers")
  func leftEarly() throws {
    var driver = Self.ringing()
    driver.send(.ended(CallDriver.agentLeg, .normal))
    #expect(voices(driver) == [Route(from: .player, to: Self.customer)])
    #expect(driver.call.phase == .answered)
    Self.answer(&driver)
    let newcomer = try #require(driver.call.participants.last?.id)
    #expect(
      voices(driver) == [Route(from: Self.customer, to: newcomer), Route(from: newcomer, to: Self.customer)])
    #expect(driver.illegal.isEmpty)
  }

  @Test(
    "S2 the target of one who didn't wait is busy: he is called back, and if he doesn't come the call ends")
  func calledBack() {
    var driver = Self.ringing()
    driver.send(.ended(CallDriver.agentLeg, .normal))
    driver.routeAnswer = nil
    driver.send(.failed(Self.newLeg, SIPFailure(486, "Busy Here")))
    #expect(driver.routes.last?.number == "anna" && driver.call.phase == .answered)
    driver.feed(.routed(driver.routes.last!.transfer, .failure(.noRoute("anna"))))
    #expect(driver.record?.snapshot.endReason?.cause == 480)
    #expect(driver.open.isEmpty)
  }

  @Test("S2 the other party hangs up meanwhile: the target's phone stops ringing, and whoever asked is told")
  func otherHangsUp() {
    var driver = Self.ringing()
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.signalling.contains(.end(Self.newLeg, .normal)))
    #expect(
      driver.signalling.contains(
        .reportReferral(CallDriver.agentLeg, .failed(SIPFailure(487, "The other party has hung up")))))
    #expect(driver.record != nil && driver.open.isEmpty)
  }

  @Test("S2 a hold of the one who leaves ends with him; late answers of the dial plan change nothing")
  func held() throws {
    var driver = CallDriver.answered()
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    #expect(voices(driver) == [Route(from: .player, to: Self.customer)])
    driver.routeAnswer = Self.ben()
    driver.send(.referred(CallDriver.agentLeg, .number("ben")))
    Self.answer(&driver)
    let newcomer = try #require(driver.call.participants.last?.id)
    #expect(
      voices(driver) == [Route(from: Self.customer, to: newcomer), Route(from: newcomer, to: Self.customer)])
    driver.feed(.routed(TransferID(1), Self.ben()))
    #expect(driver.illegal == [.routeUnasked])
  }

  // MARK: Somebody calls in

  private func arrival(_ place: Arrival.Place) -> CallInput {
    .arrived(
      Arrival(
        side: CallSetup.Side(
          leg: Self.newLeg, role: .agent, address: "ben", name: "Ben",
          sources: SourcePolicy(signallingAddress: "192.0.2.5"),
          endpoint: .user(CallDriver.tenant, UserID("ben"))),
        offer: "offer", place: place, hasPage: false))
  }

  @Test("S2 I6 INVITE with Replaces: the caller takes the place of that leg")
  func replaces() {
    var driver = CallDriver.answered()
    driver.feed(arrival(.leg(CallDriver.agentLeg)))
    #expect(driver.signalling.contains(.answer(Self.newLeg, sdp: "our answer")))
    #expect(driver.call.participants.map(\.address) == ["5551", "ben"])
    #expect(driver.call.snapshot.transfers.map(\.kind) == [.replacement])
    var supervised = CallDriver.answered()
    let session = supervised.supervise(.listen)
    supervised.feed(arrival(.leg(session.leg)))
    guard case .refuse(Self.newLeg, .transferRefused)? = supervised.signalling.last else {
      Issue.record("a session's leg was replaced")
      return
    }
  }

  @Test(
    "S2 parked, the customer hears the hold sound; an agent fetches him; nobody: the parker is called back")
  func parking() throws {
    var driver = CallDriver.answered()
    driver.routeAnswer = .success(.parking(slot: "7"))
    driver.send(.referred(CallDriver.agentLeg, .number("*687")))
    #expect(voices(driver) == [Route(from: .player, to: Self.customer)])
    #expect(driver.call.snapshot.parked?.slot == "7" && driver.call.snapshot.parked?.by == "Anna")
    #expect(driver.signalling.contains(.reportReferral(CallDriver.agentLeg, .accepted)))
    #expect(driver.timers[.parking] == 60_000)
    var called = driver
    driver.feed(arrival(.parked(slot: "7")))
    let newcomer = try #require(driver.call.participants.last)
    #expect(newcomer.address == "ben" && driver.call.snapshot.parked == nil && driver.timers[.parking] == nil)
    #expect(voices(driver).count == 2 && driver.call.handler == newcomer.id)

    called.routeAnswer = nil
    called.feed(.timer(.parking))
    #expect(called.routes.last?.number == "anna" && called.routes.last?.from == CallDriver.annasPhone)
    called.feed(.routed(called.routes.last!.transfer, .failure(.noRoute("anna"))))
    #expect(called.call.phase == .answered && called.timers[.parking] == 60_000, "he waits on")
    called.send(.ended(CallDriver.customerLeg, .normal))
    #expect(called.record != nil && called.open.isEmpty)
  }

  // MARK: Three

  @Test("S8 a third is called in: all hear all; one leaves and the others go on")
  func conference() throws {
    var driver = CallDriver.answered()
    driver.routeAnswer = Self.ben()
    let agent = Principal(user: UserID("anna"), name: "Anna", tenant: CallDriver.tenant, grants: [])
    let request = driver.ask { .invite($0, "ben", from: CallDriver.annasPhone, by: agent) }
    #expect(driver.done[request] == .some(nil))
    Self.answer(&driver)
    #expect(driver.call.parties.count == 3 && voices(driver).count == 6 && driver.call.snapshot.isConference)
    #expect(driver.call.facts.agents == ["anna", "ben"] && driver.call.handler == Self.anna)
    let ben = try #require(driver.call.participants.last?.id)
    driver.send(.ended(CallDriver.agentLeg, .normal))
    #expect(
      driver.call.phase == .answered && driver.call.handler == ben && !driver.call.snapshot.isConference)
    #expect(voices(driver).count == 2)
    driver.send(.ended(Self.newLeg, .normal))
    #expect(driver.record != nil)
    var browsers = CallDriver.answered(agentByBrowser: true)
    browsers.routeAnswer = Self.ben()
    browsers.ask { .invite($0, "ben", from: CallDriver.annasPhone, by: agent) }
    Self.answer(&browsers)
    browsers.send(.disconnected(CallDriver.agentLeg, "gone"))
    browsers.feed(.timer(.partyReturn(CallDriver.agentLeg)))
    #expect(browsers.call.phase == .answered && browsers.call.parties.map(\.address) == ["5551", "ben"])
    let stranger = Principal(user: UserID("eve"), name: "Eve", tenant: CallDriver.tenant, grants: [])
    var other = CallDriver.answered()
    #expect(other.refused { .invite($0, "ben", from: CallDriver.annasPhone, by: stranger) } == .unknownCall)
  }
}
