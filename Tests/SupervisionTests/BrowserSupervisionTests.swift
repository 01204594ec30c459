import Supervision
import Testing

private let superv = ParticipantID(3)

@Suite("S3 M1 a browser as the supervisor's device")
struct BrowserSupervisionTests {
  private func phase(_ driver: CallDriver, _ id: SessionID) -> SessionPhase? {
    driver.call.snapshot.sessions.first { $0.id == id }?.phase
  }

  @Test("M1 U3 entry on disk, offer taken, answer in the reply, connected, live; no leg of signalling")
  func wayIn() throws {
    var driver = CallDriver.answered()
    driver.auditHeld = true
    driver.browsersConnect = false
    driver.media = []
    driver.signalling = []
    let asked = driver.browse(.listen)
    #expect(driver.media.isEmpty && driver.replies[asked.request] == nil)
    driver.releaseAudit()
    guard case .acceptOffer(let leg, "offer")? = driver.media.first else {
      Issue.record("\(driver.media)")
      return
    }
    #expect(leg.transport == .webRTC && leg.role == .supervisor && leg.participant == superv)
    #expect(driver.media.dropFirst() == [.makeAnswer(asked.leg, like: nil)])
    let reply = try #require(try driver.replies[asked.request]?.get())
    #expect(reply.answer == "our answer" && reply.phase == .connecting && !reply.talks)
    #expect(driver.timers[.browserConnect(asked.session)] == 15_000)
    #expect(!driver.call.matrix.routes.contains { $0.to == superv }, "nothing flows before the keys")
    driver.send(.connected(asked.leg))
    #expect(phase(driver, asked.session) == .live && driver.timers[.browserConnect(asked.session)] == nil)
    #expect(driver.call.matrix.sources(of: superv) == [ParticipantID(1), ParticipantID(2)])
    #expect(driver.call.snapshot.sessions.first?.answer == nil, "the answer is in that reply alone")
    driver.leave(asked.session)
    #expect(driver.signalling.isEmpty && driver.open.count == 2)
    #expect(driver.entries.map(\.action) == [.opened, .closed])
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.record != nil)
  }

  enum Failure: String, CaseIterable, Sendable {
    case badOffer, noCodec, tooSlow, lostBefore
  }

  @Test(
    "M1 a browser that can't be had: told, abandoned in the audit, nothing left", arguments: Failure.allCases)
  func failures(_ failure: Failure) throws {
    var driver = CallDriver.answered()
    driver.browsersConnect = false
    let asked = driver.browse(.whisper, offer: failure == .badOffer ? "bad" : "offer")
    switch failure {
    case .badOffer: #expect(driver.refusal(asked.request) == .badDescription("no audio"))
    case .noCodec: driver.send(.failed(asked.leg, .noCommonCodec("none")))
    case .tooSlow: driver.feed(.timer(.browserConnect(asked.session)))
    case .lostBefore: driver.send(.disconnected(asked.leg, "close_notify"))
    }
    #expect(phase(driver, asked.session) == .ended && driver.open.count == 2)
    let last = try #require(driver.entries.last)
    #expect(last.action == .abandoned && !last.outcome.isEmpty)
    #expect(driver.call.snapshot.participants.count == 2 && driver.call.phase == .answered)
    driver.send(.connected(asked.leg))
    #expect(driver.illegal == [.eventForUnknownLeg])
    driver.feed(.timer(.browserConnect(asked.session)))
    #expect(driver.entries.filter { $0.action == .abandoned }.count == 1)
  }

  @Test("Events of browsers on legs that don't fit are named and change nothing")
  func illegal() {
    var driver = CallDriver.answered()
    let phone = driver.supervise(.listen)
    let browser = driver.browse(.listen, by: CallDriver.principal("tom"))
    let before = driver.call.matrix
    let unknown = LegID(77)
    let table: [(MediaEvent, IllegalInput)] = [
      (.connected(unknown), .eventForUnknownLeg), (.disconnected(unknown, ""), .eventForUnknownLeg),
      (.connected(phone.leg), .noBrowser), (.disconnected(phone.leg, ""), .noBrowser),
      (.connected(CallDriver.agentLeg), .noBrowser), (.connected(browser.leg), .connectedTwice),
    ]
    for (event, why) in table {
      driver.illegal = []
      driver.send(event)
      #expect(driver.illegal == [why], "\(event)")
    }
    #expect(driver.call.matrix == before)
    #expect(driver.call.snapshot.sessions.allSatisfy { $0.phase == .live })
  }

  @Test("S3 a lost listener is out at once, returns listening by a new leg; too late, his session ends")
  func lostListener() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.barge)
    driver.send(.disconnected(asked.leg, "no STUN for 30 s"))
    #expect(phase(driver, asked.session) == .away && driver.call.matrix.routes.count == 2)
    #expect(driver.timers[.supervisorReturn(asked.session)] == 30_000 && driver.open.count == 2)
    let back = driver.browse(.barge)
    #expect((try? driver.replies[back.request]?.get().id) == asked.session)
    let session = driver.call.session(asked.session)
    #expect(session?.mode == .listen && session?.leg == back.leg && session?.phase == .live)
    #expect(driver.timers[.supervisorReturn(asked.session)] == nil)
    driver.send(.disconnected(back.leg, "gone"))
    driver.feed(.timer(.supervisorReturn(asked.session)))
    #expect(phase(driver, asked.session) == .ended && driver.entries.last?.action == .closed)
  }

  @Test("S3 a lost handler: hold sound, and he comes back as handler, if he still may")
  func lostHandler() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.takeover)
    driver.send(.disconnected(asked.leg, "gone"))
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [.player])
    let without = driver.browse(.listen, by: CallDriver.principal("sue", [.view, .listen]))
    #expect(driver.refusal(without.request) == .notPermitted(.takeover))
    #expect(phase(driver, asked.session) == .away)
    driver.browse(.listen)
    #expect(driver.call.session(asked.session)?.mode == .takeover)
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [superv])
  }

  @Test(
    "M4 S3 a handler comes back with the voice he had: lost or reloaded, muted or open, also at a second try",
    arguments: [false, true], [false, true])
  func handlersVoice(talks: Bool, isLost: Bool) {
    var driver = CallDriver.answered()
    let asked = driver.browse(.takeover)
    driver.ask { .talk($0, asked.session, talks, by: CallDriver.principal()) }
    if isLost {
      driver.send(.disconnected(asked.leg, "gone"))
      driver.browse(.listen, offer: "bad")
    }
    driver.media = []
    driver.browse(.listen)
    #expect(driver.call.session(asked.session)?.mode == .takeover)
    #expect(driver.call.snapshot.sessions.first?.talks == talks)
    let heard = driver.call.matrix.sources(of: ParticipantID(1)).contains(superv)
    #expect(heard == talks)
    let wasHeard = driver.media.contains {
      if case .apply(let matrix, _) = $0 {
        matrix.sources(of: ParticipantID(1)).contains(superv)
      } else {
        false
      }
    }
    #expect(wasHeard == talks, "not for a moment")
    driver.change(asked.session, to: .listen)
    driver.leave(asked.session)
  }

  @Test("S3 asked again while it lives: the same session by the new leg, the old leg closed before")
  func resumedWhileLive() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.whisper)
    driver.ask { .talk($0, asked.session, true, by: CallDriver.principal()) }
    driver.mixed = [MixProof(from: superv, to: ParticipantID(2), samples: 800)]
    driver.auditHeld = true
    driver.media = []
    let again = driver.browse(.whisper)
    #expect(driver.media.last == .closeLeg(asked.leg), "sound is closed before the entry is on disk")
    #expect(!driver.call.matrix.routes.contains { $0.from == superv || $0.to == superv })
    driver.mixed = []
    driver.releaseAudit()
    #expect((try? driver.replies[again.request]?.get().id) == asked.session)
    #expect(driver.call.session(asked.session)?.mode == .listen)
    #expect(driver.call.session(asked.session)?.leg == again.leg && driver.open.count == 3)
    #expect(driver.call.snapshot.sessions.count == 1 && driver.entries.last?.outcome == "returned")
    driver.leave(asked.session)
    let closed = driver.entries.last
    #expect(closed?.spans.map(\.mode) == [.whisper, .listen])
    let told = closed?.proof.filter { $0.samples > 0 }
    #expect(told?.map(\.mode) == [.whisper], "what he whispered isn't told as said while listening")
    #expect(told?.first?.samples == 800)
  }

  @Test("S3 asked again while it is being connected, or as handler; the first answer is taken back")
  func resumedOtherwise() {
    var driver = CallDriver.answered()
    driver.browsersConnect = false
    let first = driver.browse(.listen)
    driver.browsersConnect = true
    let second = driver.browse(.listen)
    #expect((try? driver.replies[second.request]?.get().id) == first.session)
    #expect(phase(driver, first.session) == .live && driver.timers[.browserConnect(first.session)] == nil)
    driver.change(first.session, to: .takeover)
    let third = driver.browse(.listen)
    #expect(driver.call.session(first.session)?.mode == .takeover)
    #expect(driver.call.session(first.session)?.leg == third.leg)
    #expect(driver.call.matrix.sources(of: ParticipantID(1)) == [superv])
    driver.leave(first.session)
    #expect(driver.record != nil, "the agent was released: nobody is left with the customer")
  }

  @Test("S3 a return that fails leaves him away with a fresh time, not for ever")
  func failedReturn() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    driver.send(.disconnected(asked.leg, "gone"))
    driver.timers = [:]
    let back = driver.browse(.listen, offer: "bad")
    #expect(driver.refusal(back.request) == .badDescription("no audio"))
    #expect(phase(driver, asked.session) == .away)
    #expect(driver.timers[.supervisorReturn(asked.session)] == 30_000)
    driver.auditWorks = false
    let third = driver.browse(.listen)
    #expect(driver.refusal(third.request) == .auditUnavailable)
    #expect(phase(driver, asked.session) == .away)
    driver.auditWorks = true
    driver.feed(.timer(.supervisorReturn(asked.session)))
    #expect(phase(driver, asked.session) == .ended && driver.open.count == 2)
  }

  @Test("M6 who may not resume: another user, another device, another call")
  func noResume() {
    var driver = CallDriver.answered()
    let asked = driver.browse(.listen)
    let tom = driver.browse(.listen, by: CallDriver.principal("tom"))
    #expect((try? driver.replies[tom.request]?.get().id) == tom.session, "a session of his own")
    let phone = driver.supervise(.listen)
    #expect(driver.refusal(phone.request) == .alreadySupervising)
    #expect(driver.call.session(asked.session)?.leg == asked.leg)
    let zoe = driver.browse(.listen, by: CallDriver.principal("zoe"), elsewhere: true)
    #expect(driver.refusal(zoe.request) == .alreadySupervising)
  }
}
