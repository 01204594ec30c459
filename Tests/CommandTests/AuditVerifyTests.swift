import Foundation
import Storage
import Supervision
import TestKit
import Testing

@testable import earshot

@Suite("audit verify")
struct AuditVerifyTests {
  @Test("U2 an intact audit is confirmed with 0, a missing one ends with 1")
  func verify() async throws {
    let folder = TemporaryFolder()
    let log = try await SQLiteAuditLog.open(AuditSettings(folder: folder.path, node: "node-1"))
    let entry = AuditEntry(
      tenant: TenantID("main"), action: .started, time: 1, origin: .system, outcome: "done")
    let receipt = await withCheckedContinuation { written in
      log.submit(entry, urgency: .gate) { written.resume(returning: $0) }
    }
    #expect(throws: Never.self) { try receipt.get() }
    await log.stop()

    let people = await Transcript.of(["audit", "verify", "--folder", folder.path])
    #expect(people.code == .ok, "\(people.complaint)")
    #expect(people.output.contains("chain main@node-1: 1 rows: intact"))
    #expect(people.output.hasSuffix("The audit is intact.\n"))
    let programs = await Transcript.of(["audit", "verify", "--folder", folder.path, "--json"])
    #expect(programs.output.contains("\"isIntact\":true"))

    let missing = await Transcript.of(["audit", "verify", "--folder", "\(folder.path)/none"])
    #expect(missing.code == .failed)
    #expect(missing.complaint.contains("none"))
  }

  @Test("U2 a changed row is named, and ends with 1")
  func changed() async throws {
    let folder = TemporaryFolder()
    let log = try await SQLiteAuditLog.open(AuditSettings(folder: folder.path, node: "node-1"))
    for time in 1...3 {
      let entry = AuditEntry(
        tenant: TenantID("main"), action: .started, time: Int64(time), origin: .system, outcome: "marker")
      _ = await withCheckedContinuation { written in
        log.submit(entry, urgency: .gate) { written.resume(returning: $0) }
      }
    }
    await log.stop()
    // As somebody with a hex editor would.
    let database = URL(filePath: AuditFolder(folder.path).database)
    var bytes = try Data(contentsOf: database)
    let place = try #require(bytes.range(of: Data("marker".utf8)))
    bytes.replaceSubrange(place, with: Data("forged".utf8))
    try bytes.write(to: database)
    let transcript = await Transcript.of(["audit", "verify", "--folder", folder.path])
    #expect(transcript.code == .failed)
    #expect(transcript.output.contains("changed: its content doesn't match its hash"), "\(transcript.output)")
    #expect(transcript.output.hasSuffix("The audit is NOT intact.\n"))
  }
}
