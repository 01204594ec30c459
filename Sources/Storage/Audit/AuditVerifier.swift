import Supervision

/// Proves an audit offline, from its database file and the public key alone; also while Earshot writes to it.
package struct AuditVerifier: Sendable {
  private let path: String
  private let publicKey: String

  /// Paths of the database and of the public key in PEM.
  package init(database: String, publicKey: String) {
    self.path = database
    self.publicKey = publicKey
  }

  /// Blocks for as long as reading takes. Throws if the files can't be read at all; what is wrong *in* them is told.
  package func verify() throws(AuditFault) -> AuditVerification {
    let pem = try AuditKeys.pem(at: publicKey)
    guard let key = VerifyingKey(pem: pem) else {
      throw AuditFault("\(publicKey) holds no Ed25519 public key in PEM")
    }
    do throws(SQLiteFault) {
      let database = try SQLiteDatabase(path: path, access: .readOnly)
      database.setBusyTimeout(milliseconds: 2000)
      let state = try AuditSchema.state(of: database)
      guard state == .current else {
        throw SQLiteFault(code: 0, action: "verify", message: "it is no audit of this version (\(state))")
      }
      try database.execute("BEGIN")
      var walk = AuditCheckpointWalk(keyID: SHA256.hash(Array(pem.utf8)))
      try walk.read(database, key: key)
      return AuditVerification(
        chains: try chains(database, attested: walk.attested), checkpoints: walk.valid,
        checkpointFaults: walk.faults,
        orphans: UInt64(
          try database.integer("SELECT count(*) FROM entry WHERE chain NOT IN (SELECT id FROM chain)") ?? 0))
    } catch {
      throw AuditFault("audit database \(path): \(error); \(error.remedy)")
    }
  }

  private func chains(
    _ database: borrowing SQLiteDatabase, attested: [AuditChainName: [AuditAttestation]]
  ) throws(SQLiteFault) -> [AuditChainReport] {
    var ids: [AuditChainName: Int64] = [:]
    let select = try database.prepare("SELECT id, tenant, node FROM chain")
    while try select.step() {
      let name = AuditChainName(tenant: TenantID(select.text(1) ?? ""), node: select.text(2) ?? "")
      ids[name] = select.integer(0)
    }
    // A chain that checkpoints know and the database doesn't was dropped as a whole.
    let names = Set(ids.keys).union(attested.keys).sorted()
    var reports: [AuditChainReport] = []
    for name in names {
      reports.append(try report(on: name, id: ids[name] ?? 0, attested: attested[name] ?? [], database))
    }
    return reports
  }

  private func report(
    on name: AuditChainName, id: Int64, attested: [AuditAttestation], _ database: borrowing SQLiteDatabase
  ) throws(SQLiteFault) -> AuditChainReport {
    var verifier = AuditChainVerifier(name, attested: attested, hash: SHA256.hash)
    var strayColumns: [UInt64] = []
    let select = try database.prepare(
      """
      SELECT entry.sequence, previous, payload_hash, hash, payload, \(AuditColumns.names)
      FROM entry LEFT JOIN content ON content.chain = entry.chain AND content.sequence = entry.sequence
      WHERE entry.chain = ? ORDER BY entry.sequence, position
      """)
    select.bind(1, id)
    while try select.step() {
      let link = AuditLink(
        sequence: UInt64(max(0, select.integer(0))), previous: digest(select.bytes(1)),
        payloadHash: digest(select.bytes(2)), hash: digest(select.bytes(3)))
      let payload = select.isNull(4) ? nil : select.bytes(4)
      verifier.examine(AuditRow(link: link, payload: payload))
      if let payload, SHA256.hash(payload) == link.payloadHash,
        !columns(AuditColumns(select, at: 5), fit: payload)
      {
        strayColumns.append(link.sequence)
      }
    }
    var report = verifier.finish()
    report.faults += strayColumns.map { .changed($0, .columns) }
    report.faults.sort { $0.sequence < $1.sequence }
    return report
  }

  /// A payload of a newer version can't be held against its columns; its hash has been proved all the same.
  private func columns(_ columns: AuditColumns, fit payload: [UInt8]) -> Bool {
    do {
      return try columns == AuditColumns(AuditEncoding.decode(payload))
    } catch {
      if case .unknownVersion = error { return true }
      return false
    }
  }

  /// A hash of another length is no hash: it fits nothing.
  private func digest(_ bytes: [UInt8]) -> AuditDigest { AuditDigest(bytes) ?? AuditCheckpoint.noPrevious }
}

/// Reads all checkpoints in their order.
private struct AuditCheckpointWalk: ~Copyable {
  let keyID: AuditDigest
  var valid: UInt64 = 0
  var faults: [AuditCheckpointFault] = []
  var attested: [AuditChainName: [AuditAttestation]] = [:]

  init(keyID: AuditDigest) { self.keyID = keyID }

  mutating func read(
    _ database: borrowing SQLiteDatabase, key: borrowing VerifyingKey
  ) throws(SQLiteFault) {
    let select = try database.prepare("SELECT number, statement, signature FROM checkpoint ORDER BY number")
    var expected: UInt64 = 1
    var previous = AuditCheckpoint.noPrevious
    while try select.step() {
      let number = UInt64(max(0, select.integer(0)))
      let statement = select.bytes(1)
      if number > expected { faults.append(.dropped(expected...number - 1)) }
      if let checkpoint = AuditCheckpoint(statement: statement), checkpoint.number == number {
        if checkpoint.key != keyID {
          faults.append(.otherKey(number))
        } else if !key.isValid(select.bytes(2), for: statement) {
          faults.append(.badSignature(number))
        } else {
          if number == expected, checkpoint.previous != previous { faults.append(.brokenLink(number)) }
          valid += 1
          for head in checkpoint.heads {
            attested[head.name, default: []].append(
              AuditAttestation(checkpoint: number, sequence: head.sequence, hash: head.hash))
          }
        }
      } else {
        faults.append(.unreadable(number))
      }
      previous = SHA256.hash(statement)
      expected = number + 1
    }
  }
}
