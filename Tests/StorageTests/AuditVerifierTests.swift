import Storage
import Supervision
import Testing

/// Somebody edits the database file with SQLite, its triggers dropped, and the verifier names what he did.
struct AuditVerifierTests {
  /// Ten entries in one tenant's chain, checkpoints at rows 4, 8 and 10.
  private func written() async throws -> AuditFixture {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.checkpointEvery = 4 }
    for number in 1...10 { _ = try await log.write(.make(.refused, "s\(number)", time: Int64(number))).get() }
    await log.stop()
    #expect(try fixture.verify().isIntact)
    #expect(try fixture.verify().checkpoints == 3)
    return fixture
  }

  @Test(
    "U2 a changed, dropped, doubled or swapped row in the database file is found and named",
    arguments: [
      (
        "UPDATE content SET payload = zeroblob(length(payload)) WHERE sequence = 5",
        ["row 5 changed: its content doesn't match its hash"]
      ),
      (
        "UPDATE content SET agent = 'Ines' WHERE sequence = 5",
        ["row 5 changed: its search columns differ from its content"]
      ),
      (
        "UPDATE entry SET hash = zeroblob(32) WHERE sequence = 5",
        ["row 5 changed: its hash doesn't match its fields"]
      ),
      (
        "UPDATE entry SET hash = x'00' WHERE sequence = 5",
        ["row 5 changed: its hash doesn't match its fields"]
      ),
      ("DELETE FROM entry WHERE sequence = 5", ["row 5 dropped"]),
      ("DELETE FROM entry WHERE sequence BETWEEN 5 AND 7", ["rows 5 to 7 dropped"]),
      (
        "DELETE FROM entry WHERE sequence > 8",
        ["chain ends at row 8, but checkpoint 3 signed 10 rows: the last 2 dropped"]
      ),
      (
        "DELETE FROM entry; DELETE FROM chain",
        ["chain ends at row 0, but checkpoint 3 signed 10 rows: the last 10 dropped"]
      ),
      (
        """
        INSERT INTO entry (chain, sequence, previous, payload_hash, hash, submission)
        SELECT chain, 11, previous, payload_hash, hash, x'01' FROM entry WHERE sequence = 5;
        INSERT INTO content SELECT chain, 11, payload, action, time, call, session, supervisor, agent, extension
        FROM content WHERE sequence = 5
        """, ["row 11 doubled: it repeats row 5"]
      ),
      (
        """
        UPDATE entry SET sequence = -1 WHERE sequence = 5; UPDATE entry SET sequence = 5 WHERE sequence = 6;
        UPDATE entry SET sequence = 6 WHERE sequence = -1;
        UPDATE content SET sequence = -1 WHERE sequence = 5; UPDATE content SET sequence = 5 WHERE sequence = 6;
        UPDATE content SET sequence = 6 WHERE sequence = -1
        """, ["rows 5 and 6 swapped"]
      ),
      (
        """
        UPDATE content SET sequence = -1 WHERE sequence = 5; UPDATE content SET sequence = 6 + 3 WHERE sequence = -9;
        UPDATE content SET sequence = 5 WHERE sequence = 9; UPDATE content SET sequence = 9 WHERE sequence = -1
        """, ["rows 5 and 9 swapped"]
      ),
      (
        "DELETE FROM content WHERE sequence = 5",
        ["row 5 has lost its content while older rows still have theirs"]
      ),
      (
        "UPDATE chain SET tenant = 'other'",
        [
          "chain ends at row 0, but checkpoint 3 signed 10 rows: the last 10 dropped",
          "row 1 doesn't begin a chain of this tenant and node",
        ]
      ),
      ("DELETE FROM checkpoint WHERE number = 2", ["checkpoint 2 dropped"]),
      (
        "UPDATE checkpoint SET signature = zeroblob(64) WHERE number = 2",
        ["checkpoint 2 changed: its signature is not valid"]
      ),
      (
        "UPDATE checkpoint SET statement = x'01' WHERE number = 3", ["checkpoint 3 changed: it can't be read"]
      ),
    ])
  func tampered(sql: String, faults: [String]) async throws {
    let fixture = try await written()
    try fixture.tamper(sql)
    #expect(try fixture.faults() == faults)
    #expect(try fixture.verify().isIntact == false)
  }

  @Test("U2 the database itself refuses to change or delete what is written")
  func appendOnly() async throws {
    let fixture = try await written()
    let database = try SQLiteDatabase(path: fixture.folder.database, access: .readWrite)
    for sql in [
      "UPDATE entry SET sequence = 99 WHERE sequence = 5", "DELETE FROM entry", "UPDATE chain SET node = 'x'",
      "DELETE FROM chain", "UPDATE content SET payload = x'00'", "DELETE FROM content WHERE sequence = 5",
      "UPDATE checkpoint SET statement = x'00'", "DELETE FROM checkpoint",
    ] {
      #expect(throws: SQLiteFault.self, "\(sql)") { try database.execute(sql) }
    }
    #expect(try fixture.faults() == [])
  }

  @Test("U2 after retention has erased the oldest contents the chain verifies and goes on")
  func retention() async throws {
    let fixture = try await written()
    let database = try SQLiteDatabase(path: fixture.folder.database, access: .readWrite)
    for sequence in 1...6 { try database.execute("DELETE FROM content WHERE sequence = \(sequence)") }
    let verification = try fixture.verify()
    #expect(verification.isIntact)
    #expect(verification.chains.map(\.erasedThrough) == [6])
    let log = try await fixture.open()
    #expect(try await log.write(.make(.started)).get().sequence == 11)
    #expect(try await log.entries(AuditQuery(tenant: TenantID("acme"))).map(\.sequence) == [11, 10, 9, 8, 7])
    await log.stop()
    #expect(try fixture.faults() == [])
  }

  @Test("U2 a chain rewritten with correct hashes is found by its checkpoint")
  func rewritten() async throws {
    let fixture = try await written()
    let other = AuditFixture()
    let log = try await other.open { $0.checkpointEvery = 4 }
    for number in 1...10 { _ = try await log.write(.make(.closed, "forged-\(number)")).get() }
    await log.stop()
    // The forger has the database, but neither the key nor checkpoints of his own.
    try fixture.tamper(
      """
      ATTACH '\(other.folder.database)' AS forged;
      DELETE FROM entry; DELETE FROM content;
      INSERT INTO entry SELECT * FROM forged.entry; INSERT INTO content SELECT * FROM forged.content;
      """)
    #expect(
      try fixture.faults() == [
        "row 4 isn't the one that checkpoint 1 signed: the chain was rewritten",
        "row 8 isn't the one that checkpoint 2 signed: the chain was rewritten",
        "row 10 isn't the one that checkpoint 3 signed: the chain was rewritten",
      ])
  }

  @Test("U2 checkpoints of another key are told apart from forged ones")
  func otherKey() async throws {
    let fixture = try await written()
    let other = try await written()
    let verifier = AuditVerifier(database: fixture.folder.database, publicKey: other.folder.publicKey)
    #expect(try verifier.verify().checkpointFaults == [.otherKey(1), .otherKey(2), .otherKey(3)])
  }

  @Test("U2 an audit is verified while it is being written")
  func whileWriting() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open { $0.checkpointEvery = 5 }
    for round in 0..<10 {
      for number in 0..<30 { log.submit(.make(.refused, "\(round)-\(number)"), urgency: .after) { _ in } }
      #expect(try fixture.verify().isIntact)
    }
    await log.stop()
    #expect(try fixture.verify().chains.map(\.rows) == [300])
  }

  @Test("U2 a missing database or public key is told, not taken for an empty audit")
  func missing() throws {
    let fixture = AuditFixture()
    #expect(throws: AuditFault.self) { try fixture.verify() }
    #expect(fixture.files.isEmpty)
  }
}
