import Glibc
import Storage
import Supervision
import Testing

/// What is told when the audit can't be opened: what, where and the remedy.
struct AuditOpeningTests {
  private func fault(_ settings: AuditSettings) async -> String? {
    do {
      try await SQLiteAuditLog.open(settings).stop()
      return nil
    } catch {
      return error.explanation
    }
  }

  @Test("U3 a missing folder is named with the command that makes it, and isn't made")
  func missingFolder() async throws {
    let fixture = AuditFixture()
    let path = "\(fixture.folder.path)/nowhere"
    let fault = try #require(await fault(AuditSettings(folder: path, node: "n")))
    #expect(fault.contains("mkdir -m 0700 '\(path)'"))
    #expect(access(path, F_OK) != 0)
  }

  @Test("U3 a folder or a key that others may read is refused with the command that closes it")
  func openToOthers() async throws {
    let fixture = AuditFixture()
    chmod(fixture.folder.path, 0o755)
    #expect(await fault(fixture.settings())?.contains("chmod 0700 '\(fixture.folder.path)'") == true)
    chmod(fixture.folder.path, 0o700)
    try await fixture.open().stop()
    chmod(fixture.folder.key, 0o640)
    #expect(await fault(fixture.settings())?.contains("chmod 0600 '\(fixture.folder.key)'") == true)
  }

  @Test("U3 all files of the audit are closed to others")
  func modes() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    _ = try await log.write(.make(.started)).get()
    #expect(
      fixture.files == [
        "audit.key", "audit.lock", "audit.pub", "audit.spool", "audit.sqlite", "audit.sqlite-shm",
        "audit.sqlite-wal",
      ])
    for file in fixture.files {
      var status = stat()
      #expect(stat("\(fixture.folder.path)/\(file)", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600, "\(file)")
    }
    await log.stop()
  }

  @Test("U2 a second writer is refused with the first one's process, and let in when that is gone")
  func secondWriter() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    #expect(await fault(fixture.settings())?.contains("in use by process \(getpid())") == true)
    await log.stop()
    #expect(await fault(fixture.settings()) == nil)
  }

  @Test("U3 a file that is no database, or no audit, or a newer one is refused and left as it is")
  func otherFiles() async throws {
    let noDatabase = AuditFixture()
    let text = Array(String(repeating: "not a database\n", count: 100).utf8)
    try StoredFile(path: noDatabase.folder.database).write(text, at: 0)
    #expect(await fault(noDatabase.settings())?.contains("audit.sqlite") == true)
    #expect(try StoredFile(path: noDatabase.folder.database).read(text.count, at: 0) == text)

    let foreign = AuditFixture()
    try SQLiteDatabase(path: foreign.folder.database, access: .readWrite).execute("CREATE TABLE t (x)")
    chmod(foreign.folder.database, 0o600)
    #expect(await fault(foreign.settings())?.contains("no audit of Earshot's") == true)

    let newer = AuditFixture()
    try await newer.open().stop()
    try SQLiteDatabase(path: newer.folder.database, access: .readWrite).execute("PRAGMA user_version = 99")
    #expect(await fault(newer.settings())?.contains("newer Earshot") == true)
  }

  @Test("U2 a lost key is never replaced in silence; a lost public key is made again")
  func lostKey() async throws {
    let fixture = AuditFixture()
    let log = try await fixture.open()
    _ = try await log.write(.make(.started)).get()
    await log.stop()
    unlink(fixture.folder.publicKey)
    try await fixture.open().stop()
    #expect(try fixture.faults() == [])
    unlink(fixture.folder.key)
    #expect(await fault(fixture.settings())?.contains("audit.key is gone") == true)
  }

  @Test("U3 a spool cut off in the middle of a record gives all whole records before it")
  func tornSpool() throws {
    let fixture = AuditFixture()
    let records = (1...3).map { number in
      AuditSpool.Record(
        id: SubmissionID(), payload: AuditEncoding.encode(.make(.closed, "s\(number)")))
    }
    let spool = try AuditSpool(path: fixture.folder.spool, capacity: 16 << 10)
    #expect(try spool.append(Array(records.prefix(2))) == 2)
    let torn = 1024 + spool.pending
    #expect(try spool.append([records[2]]) == 1)
    try StoredFile(path: fixture.folder.spool).write([0xff], at: torn + 60)
    let reopened = try AuditSpool(path: fixture.folder.spool, capacity: 16 << 10)
    let (found, position) = try reopened.unread()
    #expect(found == Array(records.prefix(2)))
    try reopened.consume(through: position)
    #expect(try AuditSpool(path: fixture.folder.spool, capacity: 16 << 10).unread().records == [])
  }

  @Test("U3 the spool has its space on disk from the start, and takes whole records only, as many as fit")
  func reservedSpool() throws {
    let fixture = AuditFixture()
    let spool = try AuditSpool(path: fixture.folder.spool, capacity: 64 << 10)
    var status = stat()
    #expect(stat(fixture.folder.spool, &status) == 0)
    #expect(status.st_size == 64 << 10 && status.st_blocks * 512 >= 64 << 10)
    let record = AuditSpool.Record(id: SubmissionID(), payload: [UInt8](repeating: 7, count: 40 << 10))
    #expect(try spool.append([record, record]) == 1)
    #expect(try spool.append([record]) == 0)
    #expect(try spool.unread().records == [record])
  }
}
