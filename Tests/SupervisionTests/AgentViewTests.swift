import Supervision
import Testing

@Suite("A7 A7b W3 what an agent's page shows")
struct AgentViewTests {
  private func view(_ driver: CallDriver, of agent: String = "anna", _ policy: Policy = Policy())
    -> AgentCall?
  {
    AgentCall(driver.call.snapshot, of: agent, policy: policy)
  }

  @Test("W3 his own call, with the other side and his leg; nobody else's, and none that is over")
  func ownCalls() throws {
    var driver = CallDriver.answered()
    let call = try #require(view(driver))
    #expect(call.leg == CallDriver.agentLeg && call.otherName == "Carol" && call.otherNumber == "5551")
    #expect(call.queue == "sales" && call.phase == .answered && !call.holds && !call.isHeld)
    for stranger in ["ben", "5551", "sue"] { #expect(view(driver, of: stranger) == nil) }
    driver.browse(.barge)
    #expect(view(driver, of: "sue") == nil, "a supervisor is no agent of the call")
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(view(driver) == nil)
  }

  @Test("S2 who holds")
  func hold() {
    var driver = CallDriver.answered()
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    #expect(view(driver)?.holds == true && view(driver)?.isHeld == false)
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendrecv"))
    driver.send(.offered(CallDriver.customerLeg, sdp: "inactive"))
    #expect(view(driver)?.holds == false && view(driver)?.isHeld == true)
  }

  @Test("A7 the notice follows the policy, mode by mode", arguments: SupervisionMode.allCases, [true, false])
  func notice(_ mode: SupervisionMode, sees: Bool) {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    policy.agentSees = sees ? [mode] : Set(SupervisionMode.allCases).subtracting([mode])
    policy.agentSeesWho = sees
    var driver = CallDriver.answered(policy: policy)
    driver.browse(mode)
    let notices = view(driver, policy)?.monitoring
    #expect(notices?.map(\.mode) == (sees ? [mode] : []))
    policy.agentSees = [mode]
    let shown = view(driver, policy)?.monitoring.first
    #expect(shown?.supervisorName == (sees ? "SUE" : nil))
    #expect(shown?.since == driver.call.snapshot.sessions.first?.modeSince)
  }

  enum End: CaseIterable, Sendable { case left, hungUp, lost, auditLost, leftByKey }

  @Test("A7b whatever ends a session ends its notice", arguments: End.allCases)
  func noticeEnds(_ end: End) {
    var driver = CallDriver.answered()
    let browses = end == .left || end == .lost || end == .auditLost
    let asked = browses ? driver.browse(.whisper) : driver.supervise(.whisper)
    #expect(view(driver)?.monitoring.count == 1)
    switch end {
    case .left: driver.leave(asked.session)
    case .hungUp: driver.send(.ended(asked.leg, .normal))
    case .lost: driver.send(.disconnected(asked.leg, "tab closed"))
    case .auditLost: driver.feed(.auditLost)
    case .leftByKey: driver.press("*", on: asked.leg)
    }
    #expect(view(driver)?.monitoring == [])
  }

  @Test("M12 M10 questions, cues and the hand are those of his own place on the call")
  func personal() {
    var policy = Policy()
    policy.agentAcceptsWhisper = true
    var driver = CallDriver.answered(policy: policy)
    driver.feed(.agentPages(["anna"]))
    let asked = driver.browse(.listen)
    driver.change(asked.session, to: .whisper)
    driver.ask { .cue($0, asked.session, "Smile", by: CallDriver.principal(), .system) }
    driver.ask { .hand($0, .raised("bill"), by: CallDriver.principal("anna", [])) }
    let call = view(driver, policy)
    #expect(call?.asks == [WhisperAsk(session: asked.session, supervisorName: "SUE")])
    #expect(call?.cues.map(\.text) == ["Smile"] && call?.hand?.word == "bill")
    policy.agentSeesWho = false
    #expect(view(driver, policy)?.asks.first?.supervisorName == "A supervisor")
    var snapshot = driver.call.snapshot
    snapshot.cues[0].to = ParticipantID(9)
    snapshot.hand?.agent = ParticipantID(9)
    let other = AgentCall(snapshot, of: "anna", policy: policy)
    #expect(other?.cues == [] && other?.hand == nil)
  }
}
