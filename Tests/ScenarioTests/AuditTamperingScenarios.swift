import Foundation
import Phones
import Storage
import Supervision
import TestKit
import Testing

/// Somebody edits the audit that a real floor wrote, and the command names what he did.
@Suite("U2 verify against an intruder", .serialized, .timeLimit(.minutes(2)))
struct AuditTamperingScenarios {
  /// What he does to the database, triggers dropped, and how verify names it.
  private static let deeds = [
    (
      sql:
        """
      UPDATE content SET payload = CAST(substr(payload, 1, 20) || x'7f' || substr(payload, 22) AS BLOB)
      WHERE sequence = 3
      """,
      named: "acme@main: row 3 changed: its content doesn't match its hash"
    ),
    (
      sql: "UPDATE content SET supervisor = 'tom' WHERE sequence = 3",
      named: "acme@main: row 3 changed: its search columns differ from its content"
    ),
    (
      sql: "DELETE FROM content WHERE sequence = 3; DELETE FROM entry WHERE sequence = 3",
      named: "acme@main: row 3 dropped"
    ),
    (
      sql: """
      UPDATE entry SET sequence = -1 WHERE sequence = 3; UPDATE entry SET sequence = 3 WHERE sequence = 4;
      UPDATE entry SET sequence = 4 WHERE sequence = -1;
      UPDATE content SET sequence = -1 WHERE sequence = 3; UPDATE content SET sequence = 3 WHERE sequence = 4;
      UPDATE content SET sequence = 4 WHERE sequence = -1
      """, named: "acme@main: rows 3 and 4 swapped"
    ),
    (
      sql: """
      INSERT INTO entry (chain, sequence, previous, payload_hash, hash, submission)
      SELECT chain, 99, previous, payload_hash, hash, x'01' FROM entry WHERE sequence = 3;
      INSERT INTO content SELECT chain, 99, payload, action, time, call, session, supervisor, agent, extension
      FROM content WHERE sequence = 3
      """, named: "acme@main: row 99 doubled: it repeats row 3"
    ),
    (
      sql: "DELETE FROM content WHERE sequence > 3; DELETE FROM entry WHERE sequence > 3",
      named: "acme@main: chain ends at row 3, but checkpoint 1 signed"
    ),
  ]

  @Test("U2 a changed, dropped, swapped, doubled row and a cut tail end verify with 1, chain and row named")
  func tampered() async throws {
    let origin = TemporaryFolder()
    let floor = try await Floor(folder: URL(fileURLWithPath: origin.path))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, _) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*31anna")
    for (keys, mode) in [("5", "whisper"), ("66", "barge"), ("4", "listen")] {
      await supervisor.press(keys)
      _ = try await floor.entry { $0.action == "mode-changed" && $0.mode == mode }
    }
    await supervisor.hangUp()
    await customer.hangUp()
    _ = try await floor.entry { $0.action == "closed" }
    #expect(await floor.stop() == 0)
    let intact = try await floor.verifyAudit()
    #expect(intact.status == 0 && intact.output.contains("The audit is intact."), "\(intact.output)")

    for deed in Self.deeds {
      let copy = TemporaryFolder()
      for file in ["audit.sqlite", "audit.pub"] {
        try FileManager.default.copyItem(atPath: "\(origin.path)/\(file)", toPath: "\(copy.path)/\(file)")
      }
      try tamper(with: copy.path, deed.sql)
      let verdict = try await EarshotProcess.run(["audit", "verify", "--folder", copy.path])
      #expect(verdict.status == 1, "\(deed.named)")
      #expect(verdict.output.contains(deed.named), "\(verdict.output)")
      #expect(verdict.output.contains("The audit is NOT intact."))
    }
  }

  private func tamper(with folder: String, _ sql: String) throws {
    let database = try SQLiteDatabase(path: AuditFolder(folder).database, access: .readWrite)
    for table in ["chain", "entry", "checkpoint", "content"] {
      try database.execute("DROP TRIGGER \(table)_update; DROP TRIGGER \(table)_delete")
    }
    try database.execute(sql)
  }
}
