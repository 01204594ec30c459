import API
import Foundation
import Storage
import Supervision

/// The floor's audit as an auditor, an operator or an intruder gets at it: by its files.
extension Floor {
  package var auditFiles: AuditFolder { AuditFolder(folder.path) }

  /// `earshot audit verify` on the folder of this floor, whether it still runs or not.
  package func verifyAudit() async throws -> (status: Int32, output: String) {
    try await EarshotProcess.run(["audit", "verify", "--folder", folder.path])
  }

  /// All entries, the oldest first, read from the database without any server.
  package func auditEntries() async throws -> [AuditEntry] {
    let reader = AuditReader(path: auditFiles.database, node: "main")
    let records = try await reader.entries(AuditQuery(tenant: TenantID("acme"), limit: 1_000_000))
    await reader.close()
    return records.reversed().map(\.entry)
  }

  /// A connection of somebody else's, for example a backup that takes its time.
  package func auditDatabase() throws -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: auditFiles.database, access: .readWrite)
    database.setBusyTimeout(milliseconds: 5_000)
    return database
  }

  /// What waits in the spool at this moment. Reads the file beside the server.
  package func spooledEntries() throws -> [AuditEntry] {
    try AuditSpool(path: auditFiles.spool, capacity: 0).unread().records.map {
      try AuditEncoding.decode($0.payload)
    }
  }

  /// Waits until the spool has an entry that fits.
  package func spooled(where fits: (AuditEntry) -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try !spooledEntries().contains(where: fits) {
      guard ContinuousClock.now < deadline else { throw FloorError.noEntry }
      await Task.yield()
    }
  }

  /// Waits until a figure of `/metrics` has this value.
  package func metric(_ name: String, is value: Double) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await metric(name) != value {
      guard ContinuousClock.now < deadline else { throw FloorError.leak("\(name) isn't \(value)") }
    }
  }
}
