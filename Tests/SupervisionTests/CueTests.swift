import Supervision
import Testing

private let sue = CallDriver.principal()
private let origin = ActOrigin(channel: "rest", address: "192.0.2.3", client: "test")

@Suite("M10 written cues")
struct CueTests {
  /// An answered call whose agent has his page open, listened to by Sue.
  private func listened(page: Bool = true) -> (CallDriver, SessionID) {
    var driver = CallDriver.answered()
    driver.feed(.agentPages(page ? ["anna"] : []))
    let asked = driver.browse(.listen)
    return (driver, asked.session)
  }

  private func cue(_ driver: inout CallDriver, _ id: SessionID, _ text: String, by who: Principal = sue)
    -> RequestID
  {
    driver.ask { .cue($0, id, text, by: who, origin) }
  }

  private func refusal(_ driver: inout CallDriver, _ id: SessionID, _ text: String) -> Refusal? {
    let request = cue(&driver, id, text)
    return driver.refusal(request)
  }

  @Test("M10 U3 the entry is on disk before the cue shows, on the agent's page and nowhere among the parties")
  func delivery() throws {
    var (driver, session) = listened()
    driver.auditHeld = true
    let request = cue(&driver, session, "  Offer the discount \n")
    #expect(driver.replies[request] == nil && driver.call.snapshot.cues.isEmpty)
    driver.releaseAudit()
    #expect((try? driver.replies[request]?.get().id) == session)
    let cue = try #require(driver.call.snapshot.cues.first)
    #expect(cue.number == 1 && cue.text == "Offer the discount")
    #expect(cue.from == ParticipantID(3) && cue.to == ParticipantID(2))
    let entry = try #require(driver.entries.last)
    #expect(entry.action == .cued && entry.reason == "Offer the discount" && entry.session == session)
    #expect(entry.mode == .listen && entry.monitoredExtension == "anna")
  }

  @Test(
    "M10 refusals by right, reader, phase and owner: told, audited where it was an attempt, nothing shown")
  func refusals() {
    var (driver, session) = listened()
    let noRight = cue(&driver, session, "x", by: CallDriver.principal("sue", [.listen, .whisper]))
    #expect(driver.refusal(noRight) == .notPermitted(.textWhisper))
    #expect(driver.entries.last?.action == .refused && driver.entries.last?.reason == "x")
    let foreign = cue(&driver, session, "x", by: CallDriver.principal("tom"))
    #expect(driver.refusal(foreign) == .unknownSession)
    driver.feed(.agentPages([]))
    guard case .cueUndeliverable? = refusal(&driver, session, "x") else {
      Issue.record("an agent without a page can't read")
      return
    }
    #expect(driver.entries.last?.action == .refused)
    driver.leave(session)
    #expect(refusal(&driver, session, "x") == .callNotActive)
    #expect(driver.call.snapshot.cues.isEmpty && !driver.entries.contains { $0.action == .cued })
  }

  @Test(
    "M10 texts that can't be a cue",
    arguments: [
      "", " \n\t", String(repeating: "x", count: 501), "e" + String(repeating: "\u{301}", count: 3_000),
    ])
  func badText(_ text: String) {
    var (driver, session) = listened()
    guard case .badText? = refusal(&driver, session, text) else {
      Issue.record("it was taken")
      return
    }
    let longest = cue(&driver, session, String(repeating: "ü", count: 500))
    #expect(driver.refusal(longest) == nil && driver.call.snapshot.cues.count == 1)
  }

  @Test("U3 no audit, no cue")
  func auditDown() {
    var (driver, session) = listened()
    driver.auditWorks = false
    #expect(refusal(&driver, session, "x") == .auditUnavailable)
    #expect(driver.call.snapshot.cues.isEmpty)
  }

  @Test(
    "U3 a cue that is overtaken by leaving, or by the end of the call, is withdrawn and told",
    arguments: [true, false])
  func overtaken(byLeaving: Bool) {
    var (driver, session) = listened()
    driver.auditHeld = true
    let request = cue(&driver, session, "x")
    if byLeaving { driver.leave(session) } else { driver.send(.ended(CallDriver.customerLeg, .normal)) }
    #expect(driver.record == nil)
    driver.releaseAudit()
    #expect(driver.refusal(request) == .callNotActive && driver.call.snapshot.cues.isEmpty)
    #expect(driver.entries.last?.action == .refused)
    if !byLeaving { #expect(driver.record != nil, "the call waited for nothing else") }
  }

  @Test("M10 to a handler who took over, by his colleague; the released agent is no reader")
  func toHandler() {
    var driver = CallDriver.answered()
    let chief = driver.browse(.takeover, by: CallDriver.principal("tom"))
    let coach = driver.browse(.listen)
    #expect(refusal(&driver, coach.session, "Calm down") == nil)
    #expect(driver.call.snapshot.cues.first?.to == driver.call.session(chief.session)?.participant)
    let own = driver.refused { .cue($0, chief.session, "x", by: CallDriver.principal("tom"), origin) }
    guard case .cueUndeliverable? = own else {
      Issue.record("nobody reads what the handler writes")
      return
    }
  }

  @Test("M10 cues are shown for five minutes, fifty at most")
  func age() {
    var (driver, session) = listened()
    _ = cue(&driver, session, "first")
    driver.advance(milliseconds: 200_000)
    _ = cue(&driver, session, "second")
    #expect(driver.timers[.cueAge].map { $0 < 100_000 } == true)
    driver.advance(milliseconds: 100_000)
    driver.feed(.timer(.cueAge))
    #expect(driver.call.snapshot.cues.map(\.text) == ["second"])
    for _ in 0..<60 { _ = cue(&driver, session, "more") }
    #expect(driver.call.snapshot.cues.count == 50 && driver.call.snapshot.cues.last?.number == 62)
  }
}
