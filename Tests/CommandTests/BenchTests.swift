import Configuration
import Foundation
import Glibc
import Phones
import TestKit
import Testing

@testable import earshot

@Suite("Bench")
struct BenchTests {
  private let report = BenchReport(
    machine: "a machine", date: "2026-01-02", settings: "G.711",
    figures: [
      BenchFigure(id: "a", figure: "first", must: "≤ 1", measured: "0.5", isMet: true, value: 0.5),
      BenchFigure(id: "b", figure: "second", must: "0", measured: "3", isMet: false, value: 3),
      BenchFigure(id: "c", figure: "third", must: "0", measured: "not counted"),
    ])

  @Test("X5 the table says what must be and what is")
  func table() {
    #expect(!report.isMet)
    #expect(
      report.table.contains(
        "| first | ≤ 1 | 0.5 | ✓ |\n| second | 0 | 3 | ✗ |\n| third | 0 | not counted |  |"))
    #expect(report.table.hasSuffix("Measured on 2026-01-02: a machine; G.711."))
  }

  @Test("a page keeps all but its table")
  func page() {
    let page =
      "# Benchmarks\n\nText.\n\n| figure | must |\n|---|---|\n| old | |\n\nold words\n\n## More\n\nkept\n"
    let fresh = report.rewritten(page: page)
    #expect(fresh == "# Benchmarks\n\nText.\n\n\(report.table)\n\n## More\n\nkept\n")
    #expect(report.rewritten(page: fresh) == fresh)
    #expect(report.rewritten(page: "empty") == "empty\n\(report.table)\n")
  }

  @Test("the configurations of bench and demo are good ones")
  func configurations() throws {
    let folder = TemporaryFolder()
    let bench = try Configuration.parse(
      BenchSettings().configuration(
        .init(sheddingSupervision: 75, sheddingCalls: 90), folder: folder.path, agents: 5_070,
        token: "0123456789abcdef", password: "secret"))
    #expect(bench.tenants.first?.policy.severalCallsPerSupervisor == true)
    #expect(bench.trunks.count == 2 && bench.overload.calls == 90)
    let cast = DemoCast.standard { _ in "secret" }
    let accounts = try DemoAccounts(file: "\(folder.path)/accounts", names: cast.agents.map(\.account.user))
    var floor = DemoFloor.Settings()
    floor.trunkPort = 5_070
    let demo = DemoConfiguration(folder: folder.path, floor: floor, cast: cast, accounts: accounts)
    let parsed = try Configuration.parse(demo.text)
    #expect(parsed.users.count == cast.agents.count + 3)
    let again = try DemoAccounts(file: "\(folder.path)/accounts", names: [])
    #expect(again["anna"] == accounts["anna"])
    #expect(again["anna"].count == 8)
  }

  /// What the script prints, when beeps were heard, a figure, and what it says.
  struct BrowserCase: Sendable {
    var printed: String
    var heard: [Double] = []
    var id: String
    var measured: String
    var isMet: Bool?
  }

  @Test(
    "X5 what the browser's script prints becomes figures",
    arguments: [
      BrowserCase(
        printed: #"{"listens": [100, 300, 200, 900], "faults": {}}"#, id: "browser-listen",
        measured: "median 200 ms, p95 900 (4 times)", isMet: true),
      BrowserCase(
        printed: #"{"listens": [499, 500, 501], "faults": {}}"#, id: "browser-listen",
        measured: "median 500 ms, p95 501 (3 times)", isMet: false),
      BrowserCase(
        printed: #"{"firstListens": [700.4], "faults": {}}"#, id: "browser-first-listen",
        measured: "median 700 ms, p95 700 (1 times)"),
      BrowserCase(
        printed: #"{"faults": {"modes": "no such button"}}"#, id: "browser-mode", measured: "no such button",
        isMet: false),
      BrowserCase(
        printed: #"{"modes": [20, 30], "faults": {"modes": "the session ended"}}"#, id: "browser-mode",
        measured: "median 20 ms, p95 30 (2 times); then: the session ended", isMet: false),
      BrowserCase(
        printed: #"{"modes": [], "faults": {}}"#, id: "browser-mode", measured: "nothing came of it",
        isMet: false),
      BrowserCase(
        printed: #"{"updates": [1.25, 2.5, 9], "pageLoad": 12.34, "rows": 200, "faults": {}}"#,
        id: "browser-update",
        measured: "median 2.5 ms, p95 9.0 (3 times); the whole page with its ticks 12.3 ms a second",
        isMet: true),
      BrowserCase(
        printed: #"{"weights": {"floor": 299999, "phone": 1000}, "faults": {}}"#, id: "browser-weight",
        measured: "floor 300 kB, phone 1 kB", isMet: true),
      BrowserCase(
        printed: #"{"weights": {"floor": 300000}, "faults": {}}"#, id: "browser-weight",
        measured: "floor 300 kB", isMet: false),
      BrowserCase(
        printed: #"{"firstList": [1000], "rows": 9, "faults": {}}"#, id: "browser-first-list",
        measured: "median 1000 ms, p95 1000 (1 times)", isMet: false),
      // The first that is heard isn't counted, and neither is one that no beep came before.
      BrowserCase(
        printed: #"{"beeps": [1000, 2000, 3000], "faults": {}}"#, heard: [1070, 2080, 3060, 9000],
        id: "browser-mouth-to-ear", measured: "median 60 ms, p95 80 (2 times)"),
    ])
  func browserReport(_ example: BrowserCase) throws {
    let report = try JSONDecoder().decode(BrowserReport.self, from: Data(example.printed.utf8))
    let figures = report.figures(heard: example.heard)
    #expect(Set(figures.map(\.id)).count == figures.count)
    let figure = try #require(figures.first { $0.id == example.id })
    #expect(figure.measured == example.measured)
    #expect(figure.isMet == example.isMet)
  }

  @Test("X5 without a browser the figure says what is missing, and isn't missed")
  func noBrowser() {
    #expect(BrowserReport.unmeasured.measured == "not measured: scripts/bootstrap test")
    #expect(BrowserReport.unmeasured.isMet == nil)
  }

  @Test("the CPU time of a process grows while it works")
  func usage() throws {
    let before = try #require(ProcessUsage(of: getpid()))
    var sum: UInt64 = 1
    let end = ContinuousClock.now + .milliseconds(60)
    while ContinuousClock.now < end { sum = sum &* 31 &+ 7 }
    let after = try #require(ProcessUsage(of: getpid()))
    #expect(sum != 0)
    #expect(after.seconds > before.seconds)
    #expect(ProcessUsage(of: -1) == nil)
    #expect(!CPUCores.allowed.isEmpty)
  }
}
