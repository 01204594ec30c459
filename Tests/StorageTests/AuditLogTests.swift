import Glibc
import Storage
import Supervision
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AuditLogTests {
  @Test("U1 what was submitted is read back, newest first, with every field and its place")
  func readsBack() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    var closed = AuditEntry.make(.closed, "s1", time: 2000)
    closed.proof = [PrivacyProof(mode: .listen, listener: .customer, address: "0800", samples: 0)]
    let first = try await log.write(.make(.opened, "s1")).get()
    let second = try await log.write(closed, .after).get()
    #expect(first == AuditReceipt(chain: "acme@node-1", sequence: 1))
    #expect(second.sequence == 2)
    let records = try await log.entries(AuditQuery(tenant: TenantID("acme")))
    #expect(records.map(\.entry) == [closed, .make(.opened, "s1")])
    #expect(records.map(\.sequence) == [2, 1])
    #expect(records.allSatisfy { $0.hash.count == 64 })
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U1 queries by call, supervisor, agent or extension, time and page; each tenant sees its own")
  func queries() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    for number in 1...10 {
      var entry = AuditEntry.make(.refused, "s\(number)", time: Int64(number))
      entry.call = CallID("call-\(number % 2)")
      entry.supervisor = UserID(number <= 5 ? "vera" : "tom")
      entry.agent = number == 7 ? "Ben" : "Anna"
      entry.monitoredExtension = number == 8 ? "1002" : "1001"
      _ = try await log.write(entry).get()
    }
    _ = try await log.write(.make(.started, tenant: "other")).get()
    func sequences(_ change: (inout AuditQuery) -> Void) async throws -> [UInt64] {
      var query = AuditQuery(tenant: TenantID("acme"))
      change(&query)
      return try await log.entries(query).map(\.sequence)
    }
    #expect(try await sequences { $0.call = CallID("call-1") } == [9, 7, 5, 3, 1])
    #expect(try await sequences { $0.supervisor = UserID("tom") } == [10, 9, 8, 7, 6])
    #expect(try await sequences { $0.agent = "Ben" } == [7])
    #expect(try await sequences { $0.agent = "1002" } == [8])
    #expect(try await sequences { ($0.from, $0.until) = (3, 5) } == [4, 3])
    #expect(try await sequences { ($0.before, $0.limit) = (8, 2) } == [7, 6])
    #expect(
      try await sequences { ($0.supervisor, $0.call) = (UserID("tom"), CallID("call-0")) } == [10, 8, 6])
    #expect(try await sequences { $0.tenant = TenantID("other") } == [1])
    #expect(try await sequences { $0.tenant = TenantID("nobody") } == [])
    await log.stop()
  }

  @Test("U2 entries submitted at once are written in their order, in few transactions, one chain per tenant")
  func groupCommit() async throws {
    let fixture = AuditFixture()
    let disk = FaultyDisk()
    let log = try await fixture.open { $0.vfs = disk.name }
    // While the first is being written, the others gather.
    disk.stall()
    async let first = log.write(.make(.started), .after)
    await disk.waitUntilStalled()
    let order = Reports<(Int, UInt64?)>()
    for number in 0..<200 {
      log.submit(
        .make(.refused, "s\(number)", tenant: number % 2 == 0 ? "acme" : "other"), urgency: .after
      ) { order.add((number, try? $0.get().sequence)) }
    }
    disk.release()
    #expect(try await first.get().sequence == 1)
    var seen = 0
    let last = await order.first { number, sequence in
      #expect(number == seen)
      #expect(sequence == UInt64(number / 2 + (number % 2 == 0 ? 2 : 1)))
      seen += 1
      return seen == 200
    }
    #expect(last?.0 == 199)
    await log.stop()
    #expect(try fixture.faults() == [])
    #expect(try fixture.verify().chains.map(\.rows) == [101, 100])
  }

  @Test("U2 the chain goes on after a restart, and a stop signs a checkpoint")
  func restart() async throws {
    let fixture = AuditFixture()
    for run in 1...3 {
      let log = try await fixture.open()
      #expect(try await log.write(.make(.started)).get().sequence == UInt64(run))
      await log.stop()
    }
    let verification = try fixture.verify()
    #expect(verification.isIntact)
    #expect(verification.checkpoints == 3)
    #expect(verification.chains.map(\.last) == [3])
  }

  @Test("U2 a checkpoint is signed after so many entries")
  func checkpoints() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.checkpointEvery = 10 }
    for number in 1...25 { _ = try await log.write(.make(.refused, "s\(number)")).get() }
    #expect(try fixture.verify().checkpoints == 2)
    await log.stop()
    #expect(try fixture.verify().checkpoints == 3)
  }

  @Test("U2 the hash chain on disk is the one of Docs/AuditFormat.md")
  func vectors() async throws {
    var chain = AuditChain(AuditChainName(tenant: TenantID("acme"), node: "node-1"), hash: SHA256.hash)
    #expect(chain.head.description == "5abe8dddf64ed2cd729c49164b81a454eb729b5e1cd3d2109e4800add32834da")
    let started = AuditEntry(
      tenant: TenantID("acme"), action: .started, time: -1, origin: .system, outcome: "done")
    let link = chain.append(AuditEncoding.encode(started))
    let expected = "fc5881acbcdae34ad883865420d65f52c62146ffa7f5c5acaf104356a48dd491"
    #expect(link.hash.description == expected)
    let fixture = AuditFixture()
    let log = try await fixture.open()
    _ = try await log.write(started).get()
    #expect(try await log.entries(AuditQuery(tenant: TenantID("acme"))).map(\.hash) == [expected])
    await log.stop()
  }

  @Test("U1 sessions that a killed process left open get an interrupted entry each, once")
  func interrupted() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    _ = try await log.write(.make(.opened, "s1")).get()
    _ = try await log.write(.make(.opened, "s2")).get()
    var raised = AuditEntry.make(.modeChanged, "s2")
    raised.mode = .barge
    _ = try await log.write(raised).get()
    _ = try await log.write(.make(.opened, "s3")).get()
    _ = try await log.write(.make(.closed, "s1"), .after).get()
    _ = try await log.write(.make(.abandoned, "s3"), .after).get()
    let killed = try fixture.copy()
    await log.stop()
    for _ in 1...2 {
      let next = try await killed.open()
      #expect(try await next.story().suffix(2) == ["6 abandoned s3", "7 interrupted s2"])
      let entry = try await next.entries(AuditQuery(tenant: TenantID("acme"), limit: 1)).first?.entry
      #expect(entry?.mode == .barge && entry?.supervisor == UserID("vera") && entry?.call == CallID("call-1"))
      await next.stop()
    }
    #expect(try killed.faults() == [])
  }

  @Test(
    "U2 whatever instant a process is killed at, the chain verifies after the restart and has all that was confirmed"
  )
  func killedAtAnyInstant() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.checkpointEvery = 7 }
    for round in 0..<12 {
      for number in 0..<40 {
        log.submit(.make(.refused, "s\(round)-\(number)"), urgency: .after) { _ in }
      }
      let confirmed = try #require(try await log.write(.make(.refused, "last-\(round)")).get().sequence)
      // More is under way while the files are copied.
      for number in 40..<80 {
        log.submit(.make(.refused, "s\(round)-\(number)"), urgency: .after) { _ in }
      }
      let killed = try fixture.copy()
      let next = try await killed.open()
      let story = try await next.story(limit: 10_000)
      #expect(story.count >= confirmed)
      #expect(story[Int(confirmed) - 1] == "\(confirmed) refused last-\(round)")
      await next.stop()
      #expect(try killed.faults() == [])
    }
    await log.stop()
  }
}
