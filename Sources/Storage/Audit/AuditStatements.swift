import Supervision

/// The statements by which every entry is written.
struct AuditStatements: ~Copyable {
  private let insertEntry: SQLiteStatement
  private let insertContent: SQLiteStatement
  private let selectSubmission: SQLiteStatement
  private let openSession: SQLiteStatement
  private let closeSession: SQLiteStatement

  init(_ database: borrowing SQLiteDatabase) throws(SQLiteFault) {
    let insertEntry = try database.prepare(
      "INSERT INTO entry (chain, sequence, previous, payload_hash, hash, submission) VALUES (?, ?, ?, ?, ?, ?)"
    )
    let insertContent = try database.prepare(
      """
      INSERT INTO content (chain, sequence, payload, \(AuditColumns.names)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    let selectSubmission = try database.prepare("SELECT sequence FROM entry WHERE submission = ?")
    let openSession = try database.prepare(
      "INSERT OR REPLACE INTO open_session (tenant, session, chain, sequence) VALUES (?, ?, ?, ?)")
    let closeSession = try database.prepare("DELETE FROM open_session WHERE tenant = ? AND session = ?")
    self.insertEntry = insertEntry
    self.insertContent = insertContent
    self.selectSubmission = selectSubmission
    self.openSession = openSession
    self.closeSession = closeSession
  }

  func insert(_ link: AuditLink, chain: Int64, submission: SubmissionID) throws(SQLiteFault) {
    insertEntry.bind(1, chain)
    insertEntry.bind(2, Int64(link.sequence))
    insertEntry.bind(3, link.previous.bytes)
    insertEntry.bind(4, link.payloadHash.bytes)
    insertEntry.bind(5, link.hash.bytes)
    insertEntry.bind(6, submission.bytes)
    try insertEntry.run()
  }

  func insert(_ payload: [UInt8], of entry: AuditEntry, chain: Int64, sequence: Int64) throws(SQLiteFault) {
    insertContent.bind(1, chain)
    insertContent.bind(2, sequence)
    insertContent.bind(3, payload)
    AuditColumns(entry).bind(to: insertContent, from: 4)
    try insertContent.run()
  }

  /// Where this submission stands already; nil if it doesn't.
  func sequence(of submission: SubmissionID) throws(SQLiteFault) -> UInt64? {
    selectSubmission.bind(1, submission.bytes)
    guard try selectSubmission.step() else { return nil }
    defer { selectSubmission.reset() }
    return UInt64(max(0, selectSubmission.integer(0)))
  }

  func open(_ session: SessionID, of tenant: TenantID, chain: Int64, sequence: Int64) throws(SQLiteFault) {
    openSession.bind(1, tenant.value)
    openSession.bind(2, session.value)
    openSession.bind(3, chain)
    openSession.bind(4, sequence)
    try openSession.run()
  }

  func close(_ session: SessionID, of tenant: TenantID) throws(SQLiteFault) {
    closeSession.bind(1, tenant.value)
    closeSession.bind(2, session.value)
    try closeSession.run()
  }
}
