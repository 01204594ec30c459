import Locking
import Storage
import Supervision
import Testing

@Suite("X1 U2 the clock is set back", .timeLimit(.minutes(1)))
struct ClockTests {
  @Test(
    "X1 U2 set back by an hour, and over a restart: the chain's order stays that of the acts, and it verifies"
  )
  func backwards() async throws {
    let fixture = AuditFixture()
    let hour: Int64 = 3_600_000
    let clock = Lock(Moment(wall: 100 * hour, uptime: 1))
    func entry(_ session: String) -> AuditEntry {
      .make(.opened, session, time: clock.withLock(\.wall))
    }
    func move(wall: Int64) {
      clock.withLock {
        $0.wall += wall
        $0.uptime += 1_000
      }
    }
    var log = try await SQLiteAuditLog.open(fixture.settings(), now: { clock.withLock { $0 } })
    _ = try await log.write(entry("s1")).get()
    move(wall: 1_000)
    _ = try await log.write(entry("s2")).get()
    move(wall: -hour)
    _ = try await log.write(entry("s3")).get()
    #expect(log.health.isWritable)
    await log.stop()
    move(wall: -hour)
    log = try await SQLiteAuditLog.open(fixture.settings(), now: { clock.withLock { $0 } })
    move(wall: 1_000)
    _ = try await log.write(entry("s4")).get()
    // Sessions that were never closed are declared interrupted at a start; the opened ones come first, in their order.
    let opened = try await log.entries(AuditQuery(tenant: TenantID("acme"))).filter {
      $0.entry.action == .opened
    }
    #expect(opened.map(\.entry.session?.value) == ["s4", "s3", "s2", "s1"])
    #expect(opened.map(\.sequence) == opened.map(\.sequence).sorted(by: >))
    await log.stop()
    #expect(try fixture.faults() == [])
  }
}
