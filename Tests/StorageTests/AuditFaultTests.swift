import Glibc
import Storage
import Supervision
import Testing

/// The disk, the database or another program does what it shouldn't.
@Suite(.timeLimit(.minutes(1)))
struct AuditFaultTests {
  private let deadline: Duration = .milliseconds(150)

  /// Another program that holds the database's write lock.
  private func locked(_ fixture: AuditFixture) throws -> SQLiteDatabase {
    let other = try SQLiteDatabase(path: fixture.folder.database, access: .readWrite)
    other.setBusyTimeout(milliseconds: 5000)
    try other.execute("BEGIN IMMEDIATE")
    return other
  }

  private func explanation(_ result: Result<AuditReceipt, AuditFault>) -> String? {
    if case .failure(let fault) = result { return fault.explanation }
    return nil
  }

  @Test("U3 while the database is locked a gate fails in time, tells why, and is never written")
  func lockedGate() async throws {
    let fixture = AuditFixture()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) { $0.deadline = deadline }
    #expect(try await log.write(.make(.opened, "s1")).get().sequence == 1)
    let other = try locked(fixture)
    let began = ContinuousClock.now
    let fault = try #require(explanation(await log.write(.make(.opened, "s2"))))
    let took = began.duration(to: .now)
    #expect(took >= deadline && took < .seconds(2))
    #expect(fault.contains("audit.sqlite") && fault.contains("locked"))
    #expect(log.health.isWritable == false)
    #expect(await health.first { !$0.isWritable }?.explanation?.contains("locked") == true)
    try other.execute("ROLLBACK")
    #expect(await health.first { $0.isWritable } != nil)
    #expect(try await log.write(.make(.closed, "s1"), .after).get().sequence == 2)
    #expect(try await log.story() == ["1 opened s1", "2 closed s1"])
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test(
    "U3 while the database is locked what has happened goes to the spool, and from there into the chain in order, once"
  )
  func lockedAfter() async throws {
    let fixture = AuditFixture()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) { $0.deadline = deadline }
    let other = try locked(fixture)
    for number in 1...5 {
      let receipt = try await log.write(.make(.closed, "s\(number)"), .after).get()
      #expect(receipt == AuditReceipt(chain: "acme@node-1", sequence: nil))
    }
    try other.execute("ROLLBACK")
    #expect(await health.first { $0.isWritable } != nil)
    #expect(try await log.write(.make(.opened, "s6")).get().sequence == 6)
    let story = (1...5).map { "\($0) closed s\($0)" } + ["6 opened s6"]
    #expect(try await log.story() == story)
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 what stands in the spool when the process is killed is in the chain after the next start, once")
  func spoolSurvives() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.deadline = deadline }
    _ = try await log.write(.make(.opened, "s1")).get()
    let other = try locked(fixture)
    _ = try await log.write(.make(.closed, "s1"), .after).get()
    let killed = try fixture.copy()
    try other.execute("ROLLBACK")
    await log.stop()
    for _ in 1...2 {
      let next = try await killed.open()
      #expect(try await next.story() == ["1 opened s1", "2 closed s1"])
      await next.stop()
    }
    #expect(try killed.faults() == [])
  }

  @Test("U3 a spool replayed already, but not yet emptied when the process was killed, doubles nothing")
  func replayTwice() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.deadline = deadline }
    let other = try locked(fixture)
    _ = try await log.write(.make(.closed, "s1"), .after).get()
    let full = try StoredFile(path: fixture.folder.spool, access: .readOnly).read(8192, at: 0)
    try other.execute("ROLLBACK")
    await log.stop()
    try StoredFile(path: fixture.folder.spool).write(full, at: 0)
    let next = try await fixture.open()
    #expect(next.health.isWritable)
    #expect(try await next.story() == ["1 closed s1"])
    await next.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 a gate whose write was confirmed too late is declared void by the entry that follows it")
  func lateGate() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) {
      $0.deadline = deadline
      $0.vfs = disk.name
    }
    disk.stall()
    async let opened = log.write(.make(.opened, "s1"))
    await disk.waitUntilStalled()
    async let closed = log.write(.make(.closed, "s0"), .after)
    #expect(explanation(await opened) != nil)
    #expect(try await closed.get().sequence == nil)
    #expect(await health.first { !$0.isWritable } != nil)
    disk.release()
    #expect(await health.first { $0.isWritable } != nil)
    _ = try await log.write(.make(.started)).get()
    #expect(try await log.story() == ["1 opened s1", "2 abandoned s1", "3 closed s0", "4 started -"])
    let void = try await log.entries(AuditQuery(tenant: TenantID("acme"), before: 3, limit: 1)).first?.entry
    #expect(void?.outcome.hasPrefix("void") == true)
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 what has happened is written once though the database confirms it after the spool did")
  func lateAfter() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let log = try await fixture.open {
      $0.deadline = deadline
      $0.vfs = disk.name
    }
    disk.stall()
    async let closed = log.write(.make(.closed, "s1"), .after)
    await disk.waitUntilStalled()
    #expect(try await closed.get().sequence == nil)
    disk.release()
    #expect(try await log.write(.make(.started)).get().sequence == 2)
    #expect(try await log.story() == ["1 closed s1", "2 started -"])
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 on a full disk a gate fails and what has happened is kept; with space again all goes on")
  func fullDisk() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) {
      $0.deadline = deadline
      $0.vfs = disk.name
    }
    _ = try await log.write(.make(.opened, "s1")).get()
    disk.fill()
    let fault = try #require(explanation(await log.write(.make(.opened, "s2"))))
    #expect(fault.contains("full") && fault.contains("free space"))
    #expect(try await log.write(.make(.closed, "s1"), .after).get().sequence == nil)
    disk.free()
    #expect(await health.first { $0.isWritable } != nil)
    #expect(try await log.write(.make(.opened, "s3")).get().sequence != nil)
    // If the gate came to its end just while it was being tried, there is an entry that says so.
    let story = try await log.entries(AuditQuery(tenant: TenantID("acme"))).reversed().map(\.entry)
    #expect(
      story.filter { !$0.outcome.hasPrefix("void") }
        == [.make(.opened, "s1"), .make(.closed, "s1"), .make(.opened, "s3")])
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test(
    "U3 a start on a full disk succeeds: calls can run, supervision waits, and nothing of the spool is lost")
  func startWhileFull() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let first = try await fixture.open { $0.vfs = disk.name }
    _ = try await first.write(.make(.opened, "s1")).get()
    disk.fill()
    let killed = try fixture.copy()
    await first.stop()
    let health = Reports<AuditHealth>()
    let log = try await killed.open(health: health) {
      $0.deadline = deadline
      $0.vfs = disk.name
    }
    #expect(!log.health.isWritable)
    #expect(try await log.write(.make(.refused, "s2"), .after).get().sequence == nil)
    disk.free()
    #expect(await health.first { $0.isWritable } != nil)
    #expect(try await log.write(.make(.started)).get().sequence == 4)
    #expect(try await log.story() == ["1 opened s1", "2 refused s2", "3 interrupted s1", "4 started -"])
    await log.stop()
    #expect(try killed.faults() == [])
  }

  @Test("U3 what still waits at a stop goes to the spool; a gate fails")
  func stopWhileFull() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let log = try await fixture.open { $0.vfs = disk.name }
    _ = try await log.write(.make(.opened, "s1")).get()
    disk.fill()
    let outcomes = Reports<(String, Bool)>()
    log.submit(.make(.closed, "s1"), urgency: .after) { outcomes.add(("closed", (try? $0.get()) != nil)) }
    log.submit(.make(.opened, "s2"), urgency: .gate) { outcomes.add(("opened", (try? $0.get()) != nil)) }
    await log.stop()
    #expect(try #require(await outcomes.first { $0.0 == "closed" }).1)
    #expect(try #require(await outcomes.first { $0.0 == "opened" }).1 == false)
    #expect(explanation(await log.write(.make(.opened, "s3")))?.contains("stopping") == true)
    let next = try await fixture.open()
    #expect(try await next.story() == ["1 opened s1", "2 closed s1"])
    await next.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 with the spool full as well nothing is lost: entries wait for the database")
  func fullSpool() async throws {
    let fixture = AuditFixture()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) {
      $0.deadline = deadline
      $0.spoolCapacity = 2048
    }
    let other = try locked(fixture)
    let outcomes = Reports<Int>()
    for number in 1...20 {
      var entry = AuditEntry.make(.closed, "s\(number)")
      entry.reason = String(repeating: "x", count: 300)
      log.submit(entry, urgency: .after) { if (try? $0.get()) != nil { outcomes.add(number) } }
    }
    #expect(await health.first { !$0.isWritable } != nil)
    try other.execute("ROLLBACK")
    var count = 0
    _ = await outcomes.first { _ in
      count += 1
      return count == 20
    }
    #expect(try await log.story() == (1...20).map { "\($0) closed s\($0)" })
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U3 a database that becomes unwritable is noticed though nothing is submitted")
  func pulse() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) {
      $0.vfs = disk.name
      $0.probeInterval = .milliseconds(20)
    }
    disk.fill()
    #expect(await health.first { !$0.isWritable }?.failingSince != nil)
    disk.free()
    #expect(await health.first { $0.isWritable }?.failingSince == nil)
    await log.stop()
  }
}
