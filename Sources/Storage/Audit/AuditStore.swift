import CSQLite
import Supervision

/// The audit's database, open for writing. Stays on the thread that made it.
final class AuditStore {
  private let settings: AuditSettings
  private let database: SQLiteDatabase
  private let key: SigningKey
  private let keyID: AuditDigest
  private let statements: AuditStatements

  /// Chains as the database has them; emptied after a fault, because what stayed of the transaction is unknown.
  private var chains: [TenantID: (id: Int64, chain: AuditChain)] = [:]
  /// Entries that no checkpoint covers yet.
  private var uncovered: Int
  private var lastCheckpoint = ContinuousClock.now
  /// Sessions that the process before left open have been told of.
  private var hasRecovered = false

  init(_ settings: AuditSettings, folder: AuditFolder) throws(AuditFault) {
    self.settings = settings
    try folder.makePrivate(folder.database)
    let path = folder.database
    database = try Self.explaining(path) { () throws(SQLiteFault) in
      let database = try SQLiteDatabase(path: path, access: .readWrite, vfs: settings.vfs)
      database.setBusyTimeout(milliseconds: 2000)
      try Self.prepare(database, path: path)
      return database
    }
    let counts = try Self.counts(database, path: path)
    uncovered = counts.uncovered
    key = try AuditKeys.load(from: folder, isNew: counts.checkpoints == 0)
    keyID = SHA256.hash(Array(key.verifyingKeyPEM.utf8))
    statements = try Self.statements(database, path: path)
    // From here on a lock held by somebody else is waited for by trying again, so that this thread stays free.
    database.setBusyTimeout(milliseconds: 100)
  }

  // MARK: writing

  /// What one transaction is to put into the chains, in this order.
  struct Work {
    var spooled: [AuditSpool.Record] = []
    var submitted: [AuditSubmission] = []
    /// Sign the heads even if it isn't due.
    var wantsCheckpoint = false
  }

  /// All or nothing. Gives the place of each submission, also of those that the chain had already.
  ///
  /// `work` is asked for once the write lock is there: while somebody else holds it, nothing is in flight.
  func write(
    at time: Int64, _ work: () throws(SQLiteFault) -> Work
  ) throws(SQLiteFault) -> [SubmissionID: AuditReceipt] {
    let uncoveredBefore = uncovered
    do {
      let receipts = try database.transaction { () throws(SQLiteFault) in try carryOut(try work(), at: time) }
      hasRecovered = true
      return receipts
    } catch {
      chains = [:]
      uncovered = uncoveredBefore
      throw error
    }
  }

  private func carryOut(_ work: Work, at time: Int64) throws(SQLiteFault) -> [SubmissionID: AuditReceipt] {
    var receipts: [SubmissionID: AuditReceipt] = [:]
    for record in work.spooled {
      _ = try add(record.payload, of: try Self.entry(record), submission: record.id)
    }
    if !hasRecovered { try addInterrupted(at: time) }
    for submission in work.submitted {
      receipts[submission.id] = try add(submission.payload, of: submission.entry, submission: submission.id)
    }
    let isDue =
      uncovered >= settings.checkpointEvery
      || (work.submitted.isEmpty && lastCheckpoint.duration(to: .now) >= settings.checkpointInterval)
    if uncovered > 0, isDue || work.wantsCheckpoint {
      try addCheckpoint(at: time)
    } else if work.submitted.isEmpty, work.spooled.isEmpty {
      try database.execute("INSERT OR REPLACE INTO pulse (id, time) VALUES (1, \(time))")
    }
    return receipts
  }

  private func add(
    _ payload: [UInt8], of entry: AuditEntry, submission: SubmissionID
  ) throws(SQLiteFault) -> AuditReceipt {
    var (id, chain) = try self.chain(of: entry.tenant)
    if let known = try statements.sequence(of: submission) {
      return AuditReceipt(chain: chain.name.description, sequence: known)
    }
    let link = chain.append(payload)
    let sequence = Int64(link.sequence)
    try statements.insert(link, chain: id, submission: submission)
    try statements.insert(payload, of: entry, chain: id, sequence: sequence)
    try note(entry, chain: id, sequence: sequence)
    chains[entry.tenant] = (id, chain)
    uncovered += 1
    return AuditReceipt(chain: chain.name.description, sequence: link.sequence)
  }

  private func chain(of tenant: TenantID) throws(SQLiteFault) -> (id: Int64, chain: AuditChain) {
    if let known = chains[tenant] { return known }
    let name = AuditChainName(tenant: tenant, node: settings.node)
    let insert = try database.prepare("INSERT OR IGNORE INTO chain (tenant, node) VALUES (?, ?)")
    insert.bind(1, tenant.value)
    insert.bind(2, settings.node)
    try insert.run()
    let select = try database.prepare(
      """
      SELECT chain.id, entry.sequence, entry.hash FROM chain LEFT JOIN entry ON entry.chain = chain.id
      WHERE tenant = ? AND node = ? ORDER BY entry.sequence DESC LIMIT 1
      """)
    select.bind(1, tenant.value)
    select.bind(2, settings.node)
    guard try select.step() else {
      throw SQLiteFault(code: SQLITE_CORRUPT, action: "find chain \(name)", message: "no row")
    }
    defer { select.reset() }
    let chain: AuditChain
    if select.isNull(1) {
      chain = AuditChain(name, hash: SHA256.hash)
    } else {
      guard let head = AuditDigest(select.bytes(2)) else {
        throw SQLiteFault(
          code: SQLITE_CORRUPT, action: "go on with chain \(name)", message: "its head has no hash")
      }
      chain = AuditChain(name, after: UInt64(max(0, select.integer(1))), head: head, hash: SHA256.hash)
    }
    chains[tenant] = (select.integer(0), chain)
    return (select.integer(0), chain)
  }

  // MARK: sessions under way

  private func note(_ entry: AuditEntry, chain: Int64, sequence: Int64) throws(SQLiteFault) {
    guard let session = entry.session else { return }
    switch entry.action {
    case .opened, .modeChanged:
      try statements.open(session, of: entry.tenant, chain: chain, sequence: sequence)
    case .closed, .abandoned, .interrupted:
      try statements.close(session, of: entry.tenant)
    case .refused, .agentReleased, .started, .stopped, .cued, .transferred: break
    }
  }

  /// The process before ended without closing these (kill -9, a crash, loss of power): the story is made whole.
  private func addInterrupted(at time: Int64) throws(SQLiteFault) {
    let select = try database.prepare(
      """
      SELECT payload FROM open_session JOIN content USING (chain, sequence) ORDER BY content.chain, content.sequence
      """)
    var lost: [AuditEntry] = []
    while try select.step() {
      if let entry = try? AuditEncoding.decode(select.bytes(0)) { lost.append(entry) }
    }
    for open in lost {
      let entry = AuditEntry.interrupted(open, at: time)
      _ = try add(AuditEncoding.encode(entry), of: entry, submission: SubmissionID())
    }
  }

  // MARK: checkpoints

  private func addCheckpoint(at time: Int64) throws(SQLiteFault) {
    let last = try database.prepare("SELECT number, statement FROM checkpoint ORDER BY number DESC LIMIT 1")
    let hasLast = try last.step()
    let number = hasLast ? UInt64(max(0, last.integer(0))) + 1 : 1
    let previous = hasLast ? SHA256.hash(last.bytes(1)) : AuditCheckpoint.noPrevious
    last.reset()
    let select = try database.prepare(
      """
      SELECT tenant, node, sequence, hash FROM chain JOIN entry ON entry.chain = chain.id
      WHERE sequence = (SELECT max(sequence) FROM entry WHERE chain = chain.id)
      """)
    var heads: [AuditCheckpoint.Head] = []
    while try select.step() {
      guard let tenant = select.text(0), let node = select.text(1), let hash = AuditDigest(select.bytes(3))
      else {
        throw SQLiteFault(
          code: SQLITE_CORRUPT, action: "sign checkpoint \(number)", message: "a head has no hash")
      }
      heads.append(
        AuditCheckpoint.Head(
          name: AuditChainName(tenant: TenantID(tenant), node: node),
          sequence: UInt64(max(0, select.integer(2))), hash: hash))
    }
    let statement = AuditCheckpoint(
      number: number, time: time, previous: previous, key: keyID, heads: heads
    ).statement
    let insert = try database.prepare(
      "INSERT INTO checkpoint (number, position, statement, signature) SELECT ?, max(position), ?, ? FROM entry"
    )
    insert.bind(1, Int64(number))
    insert.bind(2, statement)
    insert.bind(3, key.sign(statement))
    try insert.run()
    uncovered = 0
    lastCheckpoint = .now
  }

  // MARK: opening

  private static func prepare(_ database: borrowing SQLiteDatabase, path: String) throws(SQLiteFault) {
    let state = try AuditSchema.state(of: database)
    switch state {
    case .foreign:
      throw SQLiteFault(
        code: SQLITE_NOTADB, action: "open \(path)", message: "it is a database, but no audit of Earshot's")
    case .newer(let version):
      throw SQLiteFault(
        code: SQLITE_SCHEMA, action: "open \(path)",
        message: "a newer Earshot wrote it (version \(version)); start that one")
    case .new, .older, .current: break
    }
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
    if case .older(let version) = state { try AuditSchema.migrate(database, from: version) }
    if state == .new { try AuditSchema.migrate(database, from: 0) }
  }

  private static func counts(
    _ database: borrowing SQLiteDatabase, path: String
  ) throws(AuditFault) -> (checkpoints: Int, uncovered: Int) {
    try explaining(path) { () throws(SQLiteFault) in
      let checkpoints = try database.integer("SELECT count(*) FROM checkpoint") ?? 0
      let uncovered = try database.integer(
        "SELECT count(*) FROM entry WHERE position > (SELECT coalesce(max(position), 0) FROM checkpoint)")
      return (Int(checkpoints), Int(uncovered ?? 0))
    }
  }

  private static func statements(
    _ database: borrowing SQLiteDatabase, path: String
  ) throws(AuditFault) -> AuditStatements {
    try explaining(path) { () throws(SQLiteFault) in try AuditStatements(database) }
  }

  private static func explaining<Value: ~Copyable>(
    _ path: String, _ body: () throws(SQLiteFault) -> Value
  ) throws(AuditFault) -> Value {
    do {
      return try body()
    } catch {
      throw AuditFault("audit database \(path): \(error); \(error.remedy)")
    }
  }

  private static func entry(_ record: AuditSpool.Record) throws(SQLiteFault) -> AuditEntry {
    do {
      return try AuditEncoding.decode(record.payload)
    } catch {
      throw SQLiteFault(code: SQLITE_FORMAT, action: "read the spool", message: error.description)
    }
  }
}
