import Supervision
import Testing

private let customer = ParticipantID(1)
private let agent = ParticipantID(2)
private let superv = ParticipantID(3)
private let sue = CallDriver.principal()

@Suite("M2 M9 push-to-talk and gains")
struct TalkTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let mode: SupervisionMode
    /// nil: as it is after entering the mode.
    let talks: Bool?
    let heardBy: [ParticipantID]
    var testDescription: String { "\(mode.rawValue), talk \(talks.map(String.init(describing:)) ?? "–")" }
  }

  @Test(
    "M2–M4 who hears a browser's microphone",
    arguments: [
      Case(mode: .listen, talks: nil, heardBy: []),
      Case(mode: .listen, talks: true, heardBy: []),
      Case(mode: .whisper, talks: nil, heardBy: []),
      Case(mode: .whisper, talks: true, heardBy: [agent]),
      Case(mode: .whisper, talks: false, heardBy: []),
      Case(mode: .barge, talks: nil, heardBy: [customer, agent]),
      Case(mode: .barge, talks: false, heardBy: []),
      Case(mode: .takeover, talks: nil, heardBy: [customer, agent]),
      Case(mode: .takeover, talks: false, heardBy: []),
    ])
  func whoHears(_ example: Case) {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy)
    let asked = driver.browse(example.mode)
    if let talks = example.talks { driver.ask { .talk($0, asked.session, talks, by: sue) } }
    #expect(driver.call.matrix.listeners(to: superv) == example.heardBy)
    #expect(driver.call.snapshot.sessions.first?.talks == !example.heardBy.isEmpty)
  }

  @Test("M2 going up and down: a confirmed barge speaks at once, a whisper waits for the key")
  func acrossModes() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.whisper)
    driver.ask { .talk($0, asked.session, true, by: sue) }
    driver.change(asked.session, to: .barge)
    #expect(driver.call.matrix.listeners(to: superv) == [customer, agent])
    driver.change(asked.session, to: .whisper)
    #expect(driver.call.matrix.listeners(to: superv).isEmpty)
  }

  @Test("M2 a phone's voice is always open; it is muted at the phone", arguments: [true, false])
  func phones(dialIn: Bool) {
    var driver = CallDriver.answered()
    let asked = driver.supervise(.whisper, dialIn: dialIn)
    #expect(driver.call.matrix.listeners(to: superv) == [agent])
    let on = driver.ask { .talk($0, asked.session, true, by: sue) }
    #expect((try? driver.replies[on]?.get().talks) == true)
    let off = driver.ask { .talk($0, asked.session, false, by: sue) }
    guard case .deviceUnusable? = driver.refusal(off) else {
      Issue.record("\(String(describing: driver.replies[off]))")
      return
    }
    #expect(driver.call.matrix.listeners(to: superv) == [agent])
  }

  @Test("M7 refusals: whose session, in which phase, with which right; a missing right is audited")
  func refusals() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    func talk(_ opens: Bool, by who: Principal = sue) -> Refusal? {
      driver.refused { .talk($0, asked.session, opens, by: who) }
    }
    #expect(talk(true) == .callNotActive && talk(false) == nil)
    #expect(talk(true, by: CallDriver.principal("tom")) == .unknownSession)
    let entries = driver.entries.count
    #expect(talk(true, by: CallDriver.principal("sue", [.listen])) == .notPermitted(.whisper))
    #expect(driver.entries.count == entries + 1 && driver.entries.last?.action == .refused)
    driver.change(asked.session, to: .barge)
    #expect(talk(false, by: CallDriver.principal("sue", [.listen])) == nil, "closing needs no right")
    #expect(talk(true, by: CallDriver.principal("sue", [.listen, .whisper])) == .notPermitted(.barge))
    #expect(driver.call.matrix.listeners(to: superv).isEmpty)
    driver.send(.disconnected(asked.leg, "gone"))
    #expect(talk(true) == .callNotActive)
    driver.feed(.timer(.supervisorReturn(asked.session)))
    #expect(talk(true) == .callNotActive)
  }

  @Test("U1 the closing entry tells how often and how long his voice was open; a phone's doesn't")
  func told() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.whisper)
    for milliseconds in [1_999, 9_999] {
      driver.ask { .talk($0, asked.session, true, by: sue) }
      driver.ask { .talk($0, asked.session, true, by: sue) }
      driver.advance(milliseconds: Int64(milliseconds))
      driver.ask { .talk($0, asked.session, false, by: sue) }
    }
    driver.change(asked.session, to: .barge)
    driver.advance(milliseconds: 400)
    driver.leave(asked.session)
    #expect(driver.entries.last?.outcome == "left; spoke 3 times, 12.4 s")
    let phone = driver.supervise(.barge)
    driver.leave(phone.session)
    #expect(driver.entries.last?.outcome == "left")
  }

  @Test("M1 each gain changes his own ear alone, is kept across modes, and 0 takes it back")
  func gains() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    driver.supervise(.listen, by: CallDriver.principal("tom"))
    driver.ask { .hear($0, asked.session, gains: [customer: -6, agent: 12], by: sue) }
    func gained() -> [Route] { driver.call.matrix.routes.filter { $0.gain != 0 } }
    let both = [Route(from: customer, to: superv, gain: -6), Route(from: agent, to: superv, gain: 12)]
    #expect(gained() == both)
    driver.change(asked.session, to: .barge)
    #expect(gained() == both)
    driver.ask { .hear($0, asked.session, gains: [agent: 0], by: sue) }
    #expect(gained() == [both[0]])
  }

  @Test(
    "M1 gains that can't be: refused, and nothing changes",
    arguments: [
      [customer: Float(12.1)], [customer: -40.1], [customer: .nan], [customer: .infinity],
      [ParticipantID(9): 0], [agent: -6, customer: 13],
    ])
  func badGains(_ gains: [ParticipantID: Float]) {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    let before = driver.call.matrix
    let request = driver.ask { .hear($0, asked.session, gains: gains, by: sue) }
    guard case .badText? = driver.refusal(request) else {
      Issue.record("\(String(describing: driver.replies[request]))")
      return
    }
    #expect(driver.call.matrix == before)
    let foreign = driver.ask {
      .hear($0, asked.session, gains: [customer: -6], by: CallDriver.principal("tom"))
    }
    #expect(driver.refusal(foreign) == .unknownSession)
    driver.leave(asked.session)
    let late = driver.ask { .hear($0, asked.session, gains: [customer: -6], by: sue) }
    #expect(driver.refusal(late) == .callNotActive)
  }

  @Test("S1 a session's snapshot tells since when it is in its mode, and what it spent in the others")
  func spans() throws {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    driver.advance(milliseconds: 999)
    driver.change(asked.session, to: .barge)
    let session = try #require(driver.call.snapshot.sessions.first)
    let modeSince = try #require(session.modeSince)
    #expect(session.spent == [.listen: modeSince.uptime - session.started.uptime - 4])
    #expect(session.spent[.listen]! >= 999)
    driver.leave(asked.session)
    let ended = try #require(driver.call.snapshot.sessions.first)
    #expect(ended.modeSince == nil && ended.spent[.barge] != nil && !ended.talks)
  }
}
