import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// No audit, no supervision; calls run on and end on time.
@Suite("U3 the audit can't be written", .serialized, .timeLimit(.minutes(3)))
struct AuditOutageScenarios {
  private typealias Tone = Floor.Tone

  @Test("U3 database locked: supervision is refused, a running barge can be ended, calls know nothing of it")
  func locked() async throws {
    let floor = try await Floor(AuditOutage.settings)
    let story = try await AuditOutage.prepare(on: floor)
    let backup = try floor.auditDatabase()
    try backup.execute("BEGIN IMMEDIATE")
    try await story.during()
    #expect(try await !floor.client().audit().entries.contains { $0.action == "closed" }, "it is locked")
    try backup.execute("ROLLBACK")
    try await story.after()
    await floor.stop()
  }

  @Test(
    "U3 disk full: supervision is refused, a running barge can be ended, calls know nothing of it",
    .enabled(if: SmallDisk.isAvailable, "needs the right to mount a tmpfs (root)"))
  func full() async throws {
    let disk = try SmallDisk(megabytes: 12)
    let floor = try await Floor(AuditOutage.settings, folder: disk.folder)
    let ben = try await floor.phone("ben")
    try await floor.connect(agent: ben).customer.hangUp()
    let story = try await AuditOutage.prepare(on: floor)
    try disk.fill()
    try await story.during()
    disk.free()
    try await story.after()
    for line in try String(contentsOfFile: disk.folder.path + "/calls.jsonl", encoding: .utf8).split(
      separator: "\n")
    {
      #expect(throws: Never.self, "no record is cut off: \(line)") {
        try JSONSerialization.jsonObject(with: Data(line.utf8))
      }
    }
    await floor.stop()
  }

  @Test("U3 unwritable for longer than auditGrace: live supervision ends with that reason, the call runs on")
  func grace() async throws {
    let floor = try await Floor(
      .init(policy: "auditGrace: 1", storage: "audit: {gateDeadline: 0.5}"))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*33anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(await floor.ears(customer) == [[Tone.agent, Tone.supervisor]])

    let backup = try floor.auditDatabase()
    try backup.execute("BEGIN IMMEDIATE")
    let farewell = await supervisor.ended()
    #expect(farewell.isByPeer && farewell.reason?.text.contains("audit") == true, "\(farewell)")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "the call runs on")
    try await floor.spooled { $0.action == .closed }
    try backup.execute("ROLLBACK")

    let closing = try await floor.entry { $0.action == "closed" }
    #expect(closing.outcome.contains("audit"), "\(closing.outcome)")
    let again = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await again.firstSound()
    #expect(await floor.ears(again) == [[Tone.customer, Tone.agent]])
    await customer.hangUp()
    #expect(await again.ended().isByPeer)
    try await floor.expectNothingLeft()
    #expect(await floor.server.stop() == 0)
    let verdict = try await floor.verifyAudit()
    #expect(verdict.status == 0, "\(verdict.output)")
    await floor.stop()
  }
}
