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
        folder: folder.path, agents: 5_070, token: "0123456789abcdef", password: "secret"))
    #expect(bench.tenants.first?.policy.severalCallsPerSupervisor == true)
    #expect(bench.trunks.count == 2)
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
