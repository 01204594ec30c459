import Supervision
import Testing

@Suite("Offers that come late, early or twice") struct OfferTests {
  private let customer = CallDriver.customerLeg
  private let agent = CallDriver.agentLeg

  @Test("S1 a caller without an offer gets ours with the 200; he has sound when his answer has come")
  func lateOffer() {
    var driver = CallDriver(offer: nil)
    #expect(driver.signalling.contains { if case .dial = $0 { true } else { false } })
    driver.send(.progress(agent, status: 183, sdp: "early", source: "192.0.2.2"))
    #expect(driver.signalling.last == .progress(customer, status: 180, sdp: nil))
    driver.send(.answered(agent, sdp: "early", source: "192.0.2.2"))
    #expect(driver.signalling.last == .answer(customer, sdp: "our offer"))
    #expect(driver.call.phase == .answered)
    #expect(driver.call.matrix.routes.isEmpty)
    driver.send(.acknowledged(customer))
    driver.send(.answeredOffer(customer, sdp: "answer", source: "192.0.2.1"))
    #expect(driver.media.contains(.acceptAnswer(customer, sdp: "answer", source: "192.0.2.1")))
    #expect(driver.call.matrix.routes.count == 2)
    #expect(driver.illegal.isEmpty)
  }

  @Test("S1 a caller who never answers our offer is hung up on")
  func noAnswer() {
    var driver = CallDriver(offer: nil)
    driver.send(.answered(agent, sdp: "answer", source: "192.0.2.2"))
    driver.send(.answeredOffer(customer, sdp: nil, source: "192.0.2.1"))
    #expect(driver.call.phase == .ended && driver.call.snapshot.endReason?.cause == 488)
    #expect(driver.record != nil && driver.open.isEmpty)
  }

  @Test("S1 a supervisor who dials in without an offer gets ours, and hears once his answer has come")
  func lateSupervisor() throws {
    var driver = CallDriver.answered()
    let (_, session, leg) = driver.supervise(.listen, offer: nil)
    #expect(driver.signalling.last == .answer(leg, sdp: "our offer"))
    #expect(driver.call.session(session)?.phase == .connecting)
    driver.send(.answeredOffer(leg, sdp: "answer", source: "192.0.2.3"))
    #expect(driver.media.contains(.acceptAnswer(leg, sdp: "answer", source: "192.0.2.3")))
    let open = try #require(driver.call.session(session))
    #expect(open.phase == .live && driver.call.matrix.sources(of: open.participant).count == 2)
    // Later he only refreshes his session.
    driver.send(.offered(leg, sdp: nil))
    driver.send(.answeredOffer(leg, sdp: "answer", source: "192.0.2.3"))
    #expect(driver.call.session(session)?.phase == .live && driver.illegal.isEmpty)
  }

  @Test("S1 a supervisor who never answers our offer is hung up on, and the call goes on")
  func supervisorWithoutAnswer() {
    var driver = CallDriver.answered()
    let (_, session, leg) = driver.supervise(.listen, offer: nil)
    driver.send(.answeredOffer(leg, sdp: nil, source: "192.0.2.3"))
    #expect(driver.signalling.contains { if case .end(leg, _) = $0 { true } else { false } })
    #expect(driver.media.contains(.closeLeg(leg)))
    #expect(driver.call.session(session)?.phase == .ended)
    #expect(driver.entries.last?.action == .abandoned)
    #expect(driver.call.phase == .answered)
  }

  @Test("S1 a re-INVITE without an offer gets ours, and its answer is taken; without one all stays as it was")
  func lateReoffer() {
    for leg in [customer, agent] {
      var driver = CallDriver.answered()
      let before = driver.call.matrix
      driver.send(.offered(leg, sdp: nil))
      #expect(driver.signalling.last == .answerOffer(leg, sdp: "our offer"))
      driver.send(.answeredOffer(leg, sdp: "sendonly", source: "192.0.2.9"))
      #expect(driver.media.contains(.acceptAnswer(leg, sdp: "sendonly", source: "192.0.2.9")))
      #expect(driver.call.snapshot.heldBy.count == 1)
      driver.send(.offered(leg, sdp: "sendrecv"))
      driver.send(.offered(leg, sdp: nil))
      driver.send(.answeredOffer(leg, sdp: nil, source: "192.0.2.9"))
      #expect(driver.call.matrix == before && driver.call.phase == .answered)
      #expect(driver.illegal.isEmpty)
    }
  }

  @Test("S1 an answer to a refresh that can't be used leaves the call as it was")
  func badRefresh() {
    var driver = CallDriver.answered()
    let before = driver.call.matrix
    driver.send(.answeredOffer(customer, sdp: "new", source: "192.0.2.1"))
    #expect(driver.media.last == .acceptAnswer(customer, sdp: "new", source: "192.0.2.1"))
    driver.send(.offered(customer, sdp: nil))
    driver.send(.failed(customer, .badDescription("no audio")))
    #expect(driver.call.matrix == before && driver.call.phase == .answered)
  }

  @Test("S1 whoever answers a forked call for good is the one who is heard, whoever's early sound it was")
  func forked() {
    var driver = CallDriver()
    driver.send(.progress(agent, status: 183, sdp: "early of a", source: "192.0.2.2"))
    driver.send(.progress(agent, status: 183, sdp: "early of b", source: "192.0.2.3"))
    driver.media = []
    driver.send(.answered(agent, sdp: "answer of b", source: "192.0.2.3"))
    #expect(driver.media.first == .acceptAnswer(agent, sdp: "answer of b", source: "192.0.2.3"))
    #expect(driver.call.phase == .answered && driver.illegal.isEmpty)
    #expect(driver.signalling.filter { if case .answer = $0 { true } else { false } }.count == 1)

    var same = CallDriver()
    same.send(.progress(agent, status: 183, sdp: "early", source: "192.0.2.2"))
    same.media = []
    same.send(.answered(agent, sdp: "early", source: "192.0.2.2"))
    #expect(!same.media.contains { if case .acceptAnswer = $0 { true } else { false } })
    #expect(same.call.phase == .answered)
  }

  @Test("S1 another offer before the answer is taken once the first is answered, and refused until then")
  func earlyReoffer() {
    var driver = CallDriver()
    driver.send(.offered(customer, sdp: "x"))
    #expect(driver.illegal == [.reofferBeforeAnswer])
    #expect(driver.signalling.contains { if case .rejectOffer = $0 { true } else { false } })
    driver.illegal = []
    driver.send(.progress(agent, status: 183, sdp: "early", source: "192.0.2.2"))
    for leg in [customer, agent] {
      driver.send(.offered(leg, sdp: "moved"))
      #expect(driver.signalling.last == .answerOffer(leg, sdp: "our answer"))
    }
    driver.send(.answered(agent, sdp: "early", source: "192.0.2.2"))
    #expect(driver.call.phase == .answered && driver.illegal.isEmpty)
  }
}
