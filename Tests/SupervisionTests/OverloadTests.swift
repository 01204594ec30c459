import Supervision
import Testing

@Suite("X5 overload")
struct OverloadTests {
  private func levels(_ loads: [Double], _ limits: Overload.Limits = .init()) -> [Overload.Level] {
    var overload = Overload(limits)
    return loads.map { load in
      // Long enough for the smoothing.
      for _ in 0..<10 { overload.observe(load) }
      return overload.level
    }
  }

  @Test("X5 supervision is shed first, then calls; each comes back only well below its limit")
  func order() {
    #expect(
      levels([0.2, 0.74, 0.76, 0.89, 0.91, 0.85, 0.78, 0.75, 0.65, 0.62, 0.74]) == [
        .none, .none, .noSupervision, .noSupervision, .noCalls, .noCalls, .noCalls, .noSupervision,
        .noSupervision, .none, .none,
      ])
    #expect(levels([0.95, 0.5]) == [.noCalls, .none])
  }

  @Test("X5 one busy second is no overload, three are")
  func burst() {
    var overload = Overload(.init())
    overload.observe(1)
    #expect(overload.level == .none)
    overload.observe(0.1)
    #expect(overload.level == .none)
    for _ in 0..<3 { overload.observe(1) }
    #expect(overload.level >= .noSupervision)
  }

  @Test("X5 limits above everything switch it off; readings out of range count as the nearest")
  func off() {
    var limits = Overload.Limits()
    (limits.supervision, limits.calls) = (1.01, 1.01)
    #expect(levels([0.5, 1, 7], limits) == [.none, .none, .none])
    #expect(levels([7, -3]) == [.noCalls, .none])
  }

  @Test(
    "X5 S3 under overload nobody new supervises, with the reason and an entry; who was there stays and may come back"
  )
  func admission() {
    var driver = CallDriver.answered()
    let own = driver.browse(.listen)
    driver.isOverloaded = true
    let tom = driver.supervise(.listen, by: CallDriver.principal("tom"))
    #expect(driver.replies[tom.request] == .failure(.overloaded))
    #expect(driver.entries.last?.action == .refused)
    #expect(driver.entries.last?.outcome == Refusal.overloaded.explanation)
    let again = driver.browse(.listen)
    #expect((try? driver.replies[again.request]?.get().id) == own.session, "he comes back to his own")
    #expect(driver.call.session(own.session)?.phase == .live)
  }
}
