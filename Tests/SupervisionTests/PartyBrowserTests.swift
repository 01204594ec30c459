import Supervision
import Testing

@Suite("W3 a party's browser as his phone")
struct PartyBrowserTests {
  private let leg = CallDriver.agentLeg

  @Test("W3 the agent's browser gets an offer of its kind; the call is answered as with a phone")
  func setup() {
    let driver = CallDriver.answered(agentByBrowser: true)
    let made = driver.media.compactMap { command in
      if case .makeOffer(let leg, let like) = command { (leg, like) } else { nil }
    }
    #expect(made.count == 1 && made.first?.0.transport == .webRTC && made.first?.1 == CallDriver.customerLeg)
    #expect(driver.call.phase == .answered && driver.call.matrix.routes.count == 2)
  }

  @Test("S2 hold by a new offer, as with SIP")
  func hold() {
    var driver = CallDriver.answered(agentByBrowser: true)
    driver.send(.offered(leg, sdp: "sendonly"))
    #expect(driver.signalling.last == .answerOffer(leg, sdp: "our answer"))
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [.player])
    driver.send(.offered(leg, sdp: "sendrecv"))
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [ParticipantID(2)])
  }

  @Test("W3 lost for less than 10 s the call waits; back by a new offer, it goes on")
  func returns() {
    var driver = CallDriver.answered(agentByBrowser: true)
    driver.send(.disconnected(leg, "no STUN"))
    #expect(driver.timers[.partyReturn(leg)] == 10_000 && driver.call.phase == .answered)
    driver.send(.offered(leg, sdp: "sendrecv"))
    #expect(driver.timers[.partyReturn(leg)] == nil, "connected again")
    #expect(driver.call.phase == .answered && driver.call.matrix.routes.count == 2)
  }

  @Test("W3 lost for 10 s his leg is ended with a Reason, and with it the call")
  func staysAway() throws {
    var driver = CallDriver.answered(agentByBrowser: true)
    driver.send(.disconnected(leg, "no STUN"))
    driver.feed(.timer(.partyReturn(leg)))
    let reason = try #require(driver.record?.snapshot.endReason)
    #expect(reason.cause == 408 && driver.signalling.contains(.end(leg, reason)))
    driver.feed(.timer(.partyReturn(leg)))
    #expect(driver.call.phase == .ended)
  }

  @Test("W3 what his page says first counts: hung up, or lost", arguments: [true, false])
  func saidByThePage(hungUp: Bool) {
    var driver = CallDriver.answered(agentByBrowser: true)
    driver.send(.disconnected(leg, "no STUN"))
    driver.send(hungUp ? .ended(leg, .normal) : .lost(leg, "the page is gone"))
    #expect(driver.record != nil)
  }

  @Test("M4 a replaced agent whose browser is lost leaves the call to the handler")
  func replaced() {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy, agentByBrowser: true)
    driver.browse(.takeover)
    driver.send(.disconnected(leg, "gone"))
    driver.feed(.timer(.partyReturn(leg)))
    #expect(driver.call.phase == .answered && driver.call.snapshot.participants.map(\.id.value) == [1, 3])
    #expect(driver.signalling.contains { if case .end(leg, _) = $0 { true } else { false } })
  }
}
