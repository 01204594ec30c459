import Supervision
import Testing

private let anna = CallDriver.principal("anna", [])

@Suite("M12 an agent accepts or rejects a whisper")
struct ConsentTests {
  private func call(page: Bool = true, asks: Bool = true) -> CallDriver {
    var policy = Policy()
    policy.agentAcceptsWhisper = asks
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy)
    driver.feed(.agentPages(page ? ["anna"] : []))
    return driver
  }

  private func mode(_ driver: CallDriver, _ id: SessionID) -> SupervisionMode? {
    driver.call.session(id)?.mode
  }

  private func waits(_ driver: CallDriver) -> Bool {
    driver.call.snapshot.sessions.contains { $0.awaitsConsent }
  }

  @Test(
    "M12 asked only where the policy says so and the agent has a page", arguments: [true, false],
    [true, false])
  func whenAsked(page: Bool, asks: Bool) {
    var driver = call(page: page, asks: asks)
    let asked = driver.browse(.listen)
    driver.change(asked.session, to: .whisper)
    #expect(waits(driver) == (page && asks))
    #expect(mode(driver, asked.session) == (page && asks ? .listen : .whisper))
  }

  @Test(
    "M12 accepted: entry on disk, then the whisper; the reply comes at the end", arguments: [true, false])
  func accepted(byPhone: Bool) {
    var driver = call()
    let asked = byPhone ? driver.supervise(.listen) : driver.browse(.listen)
    let up = driver.change(asked.session, to: .whisper)
    #expect(driver.replies[up] == nil && driver.timers[.consent(asked.session)] == 20_000)
    #expect(driver.entries.last?.action == .opened)
    driver.auditHeld = true
    let yes = driver.ask { .consent($0, asked.session, accepts: true, by: anna) }
    #expect(driver.done[yes] == .some(nil) && driver.timers[.consent(asked.session)] == nil)
    #expect(mode(driver, asked.session) == .listen && !waits(driver))
    driver.releaseAudit()
    #expect((try? driver.replies[up]?.get().mode) == .whisper)
    #expect(driver.entries.last?.action == .modeChanged)
  }

  @Test("M12 rejected, or silent for 20 s: told and audited, he listens on", arguments: [true, false])
  func rejected(byWord: Bool) {
    var driver = call()
    let asked = driver.browse(.listen)
    let up = driver.change(asked.session, to: .whisper)
    if byWord {
      driver.ask { .consent($0, asked.session, accepts: false, by: anna) }
    } else {
      driver.feed(.timer(.consent(asked.session)))
    }
    #expect(driver.refusal(up) == .whisperRejected && mode(driver, asked.session) == .listen)
    #expect(driver.entries.last?.action == .refused && driver.entries.last?.mode == .whisper)
    let late = driver.ask { .consent($0, asked.session, accepts: true, by: anna) }
    #expect(driver.refusal(late) == .unknownSession && mode(driver, asked.session) == .listen)
    driver.feed(.timer(.consent(asked.session)))
    #expect(driver.entries.filter { $0.action == .refused }.count == 1)
  }

  @Test("M12 only the agent who is asked may answer")
  func others() {
    var driver = call()
    let asked = driver.browse(.listen)
    driver.change(asked.session, to: .whisper)
    let foreign = Principal(user: UserID("anna"), name: "A", tenant: TenantID("other"), grants: [])
    for who in [CallDriver.principal(), CallDriver.principal("5551", []), foreign] {
      let request = driver.ask { .consent($0, asked.session, accepts: true, by: who) }
      #expect(driver.refusal(request) == .unknownSession)
    }
    #expect(waits(driver))
  }

  enum Event: CaseIterable, Sendable { case listens, barges, leaves, lost, callEnds, agentReplaced }

  @Test("M12 whatever comes first ends the question; a late yes opens nothing", arguments: Event.allCases)
  func overtaken(_ event: Event) {
    var driver = call()
    let asked = driver.browse(.listen)
    let up = driver.change(asked.session, to: .whisper)
    switch event {
    case .listens: driver.change(asked.session, to: .listen)
    case .barges: driver.change(asked.session, to: .barge)
    case .leaves: driver.leave(asked.session)
    case .lost: driver.send(.disconnected(asked.leg, "gone"))
    case .callEnds: driver.send(.ended(CallDriver.customerLeg, .normal))
    case .agentReplaced:
      driver.supervise(.takeover, by: CallDriver.principal("tom"))
      driver.send(.ended(CallDriver.agentLeg, .normal))
    }
    #expect(driver.refusal(up) == (event == .agentReplaced ? .agentReleased : .callNotActive))
    #expect(!waits(driver) && driver.timers[.consent(asked.session)] == nil)
    let before = driver.call.matrix
    driver.ask { .consent($0, asked.session, accepts: true, by: anna) }
    driver.feed(.timer(.consent(asked.session)))
    #expect(driver.call.matrix == before && mode(driver, asked.session) != .whisper)
  }

  @Test("M12 a right that is gone by the time of the yes is refused")
  func rightGone() {
    var grant = Grant(permissions: [.listen, .whisper])
    grant.until = 1_030_000
    let brief = Principal(
      user: UserID("sue"), name: "SUE", tenant: CallDriver.tenant,
      grants: [grant, Grant(permissions: [.listen])])
    var driver = call()
    let asked = driver.browse(.listen, by: brief)
    let up = driver.change(asked.session, to: .whisper, by: brief)
    #expect(waits(driver))
    driver.advance(milliseconds: 60_000)
    driver.ask { .consent($0, asked.session, accepts: true, by: anna) }
    #expect(driver.refusal(up) == .notPermitted(.whisper) && mode(driver, asked.session) == .listen)
  }

  @Test("M12 who asks to begin in whisper listens until the agent says yes", arguments: [true, false])
  func fromTheBeginning(byPhone: Bool) {
    var driver = call()
    let asked = byPhone ? driver.supervise(.whisper) : driver.browse(.whisper)
    #expect((try? driver.replies[asked.request]?.get().mode) == .listen)
    #expect(driver.entries.map(\.mode) == [.listen] && waits(driver))
    driver.ask { .consent($0, asked.session, accepts: true, by: anna) }
    #expect(mode(driver, asked.session) == .whisper)
    #expect(driver.entries.map(\.action) == [.opened, .modeChanged])
  }
}
