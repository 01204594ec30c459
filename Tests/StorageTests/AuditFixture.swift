import Glibc
import Storage
import Supervision
import Synchronization

/// A folder for one test, gone when the test is over.
final class AuditFixture: Sendable {
  let folder: AuditFolder

  init() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/earshot-audit-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary folder")
    folder = AuditFolder(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  deinit {
    for file in files { unlink("\(folder.path)/\(file)") }
    rmdir(folder.path)
  }

  var files: [String] {
    var names: [String] = []
    guard let stream = opendir(folder.path) else { return [] }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func settings(_ change: (inout AuditSettings) -> Void = { _ in }) -> AuditSettings {
    var settings = AuditSettings(folder: folder.path, node: "node-1")
    settings.spoolCapacity = 64 << 10
    change(&settings)
    return settings
  }

  func open(
    health: Reports<AuditHealth>? = nil, _ change: (inout AuditSettings) -> Void = { _ in }
  ) async throws(AuditFault) -> SQLiteAuditLog {
    try await SQLiteAuditLog.open(settings(change), onHealthChange: { health?.add($0) })
  }

  func verify() throws -> AuditVerification {
    try AuditVerifier(database: folder.database, publicKey: folder.publicKey).verify()
  }

  /// Names of all faults in all chains, as people read them.
  func faults() throws -> [String] {
    let verification = try verify()
    return verification.chains.flatMap { $0.faults.map(\.description) }
      + verification.checkpointFaults.map(\.description)
  }

  /// Changes the database as somebody would who has the file and wants to hide something.
  func tamper(_ sql: String) throws {
    let database = try SQLiteDatabase(path: folder.database, access: .readWrite)
    for trigger in [
      "chain_update", "chain_delete", "entry_update", "entry_delete", "checkpoint_update",
      "checkpoint_delete",
      "content_update", "content_delete",
    ] {
      try database.execute("DROP TRIGGER IF EXISTS \(trigger)")
    }
    try database.execute(sql)
  }

  /// The files as a kill would leave them now.
  ///
  /// Copying takes time, a kill doesn't: a reader holds the write-ahead log meanwhile, so that whatever goes on in the
  /// database's file is in the log as well, which is copied after it.
  func copy() throws -> AuditFixture {
    let copy = AuditFixture()
    let reader = try SQLiteDatabase(path: folder.database, access: .readOnly)
    try reader.execute("BEGIN; SELECT count(*) FROM sqlite_schema")
    defer { try? reader.execute("ROLLBACK") }
    for name in files where !name.hasSuffix("-shm") && !name.hasSuffix(".lock") {
      let source = try StoredFile(path: "\(folder.path)/\(name)", access: .readOnly)
      try StoredFile(path: "\(copy.folder.path)/\(name)").write(source.read(source.size(), at: 0), at: 0)
    }
    return copy
  }
}

extension SQLiteAuditLog {
  /// Submits and waits for the outcome.
  func write(_ entry: AuditEntry, _ urgency: AuditUrgency = .gate) async -> Result<AuditReceipt, AuditFault> {
    await withCheckedContinuation { continuation in
      submit(entry, urgency: urgency) { continuation.resume(returning: $0) }
    }
  }

  func story(limit: Int = 1000) async throws -> [String] {
    try await entries(AuditQuery(tenant: TenantID("acme"), limit: limit)).reversed().map { record in
      "\(record.sequence) \(record.entry.action.rawValue) \(record.entry.session?.value ?? "-")"
    }
  }
}

extension AuditEntry {
  static func make(
    _ action: AuditAction, _ session: String? = nil, tenant: String = "acme", time: Int64 = 1000
  ) -> AuditEntry {
    var entry = AuditEntry(
      tenant: TenantID(tenant), action: action, time: time, origin: .system, outcome: "done")
    entry.session = session.map { SessionID($0) }
    entry.call = CallID("call-1")
    entry.supervisor = UserID("vera")
    entry.supervisorName = "Vera"
    entry.agent = "Anna"
    entry.monitoredExtension = "1001"
    entry.mode = .listen
    return entry
  }
}

/// What a callback told, in order, to be awaited.
final class Reports<Value: Sendable>: Sendable {
  private let stream: AsyncStream<Value>
  private let source: AsyncStream<Value>.Continuation

  init() { (stream, source) = AsyncStream.makeStream() }

  func add(_ value: Value) { source.yield(value) }

  /// Waits for one that fits.
  func first(where fits: (Value) -> Bool) async -> Value? {
    for await value in stream where fits(value) { return value }
    return nil
  }
}
