import Supervision
import Testing

@Suite("M11 quality of legs")
struct QualityTests {
  private let good = StreamQuality(loss: 0, jitter: 2, mos: 4.4)
  private let poor = StreamQuality(loss: 6, jitter: 20, mos: 3.4)

  @Test("M11 the snapshot has the last and the worst, each direction by itself") func history() throws {
    var driver = CallDriver.answered()
    #expect(driver.call.snapshot.quality.isEmpty)
    let leg = CallDriver.customerLeg
    driver.send(.quality([leg: LegQuality(received: poor)]))
    driver.send(.quality([leg: LegQuality(received: good, sent: good, roundTrip: 80)]))
    driver.send(.quality([leg: LegQuality(sent: poor, roundTrip: 40)]))
    let kept = try #require(driver.call.snapshot.quality[leg])
    #expect(kept.last == LegQuality(received: good, sent: poor, roundTrip: 40))
    #expect(kept.worst == LegQuality(received: poor, sent: poor, roundTrip: 80))
    #expect(driver.call.snapshot.quality.count == 1 && driver.illegal.isEmpty)
  }

  @Test("M11 it is kept with the record, also what is told while the call ends; other legs' isn't")
  func record()
    throws
  {
    var driver = CallDriver.answered()
    driver.send(
      .quality([CallDriver.agentLeg: LegQuality(received: good), LegID(77): LegQuality(received: poor)]))
    #expect(driver.call.snapshot.quality[LegID(77)] == nil)
    var call = driver.call
    _ = call.receive(.signalling(.ended(CallDriver.customerLeg, .normal)), at: driver.now)
    _ = call.receive(.media(.quality([CallDriver.agentLeg: LegQuality(received: poor)])), at: driver.now)
    _ = call.receive(.media(.legClosed(CallDriver.agentLeg, LegReport())), at: driver.now)
    _ = call.receive(.media(.legClosed(CallDriver.customerLeg, LegReport())), at: driver.now)
    _ = call.receive(.signalling(.ended(CallDriver.agentLeg, .normal)), at: driver.now)
    let effects = call.receive(.media(.callClosed), at: driver.now)
    let records = effects.compactMap { if case .finished(let record) = $0 { record } else { nil } }
    let record = try #require(records.first)
    let agent = try #require(record.reports.first { $0.role == .agent })
    #expect(agent.quality?.last.received == poor && agent.quality?.worst.received == poor)
    #expect(record.reports.first { $0.role == .customer }?.quality == nil)
    #expect(record.snapshot.quality[CallDriver.agentLeg] == agent.quality)
  }

  @Test("M11 small changes are no news; each figure's step is") func noticeable() {
    let known = LegQuality(received: good, sent: good, roundTrip: 50)
    func isNews(_ change: (inout LegQuality) -> Void) -> Bool {
      var next = known
      change(&next)
      return next.differsNoticeably(from: known)
    }
    #expect(!known.differsNoticeably(from: known))
    #expect(known.differsNoticeably(from: nil) && !LegQuality().differsNoticeably(from: nil))
    #expect(!isNews { $0.received?.loss = 0.4 } && isNews { $0.received?.loss = 0.5 })
    #expect(!isNews { $0.sent?.jitter = 21.9 } && isNews { $0.sent?.jitter = 22 })
    #expect(!isNews { $0.sent?.mos = 4.31 } && isNews { $0.sent?.mos = 4.29 })
    #expect(!isNews { $0.roundTrip = 99 } && isNews { $0.roundTrip = 100 })
    #expect(isNews { $0.received = nil } && isNews { $0.roundTrip = nil })
  }
}
