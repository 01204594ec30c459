import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// The process goes while it is at work: in order, or by force.
@Suite("X1 U2 stop and kill under supervision", .serialized, .timeLimit(.minutes(3)))
struct AuditStopScenarios {
  private typealias Tone = Floor.Tone

  @Test(
    "X1 SIGTERM ends a supervised call with a Reason to everybody, with status 0, and closes the books; a closed terminal, too",
    arguments: [SIGTERM, SIGHUP])
  func terminated(signal: Int32) async throws {
    let folder = TemporaryFolder()
    let floor = try await Floor(folder: URL(fileURLWithPath: folder.path))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*33anna", saying: .tone(Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(await floor.ears(customer) == [[Tone.agent, Tone.supervisor]])

    // The terminal sends it, and its shell does.
    if signal == SIGHUP { floor.server.signal(signal) }
    #expect(await floor.server.stop(signal) == 0)
    for (name, call) in [("customer", customer), ("agent", agent), ("supervisor", supervisor)] {
      let farewell = await call.ended()
      #expect(farewell.isByPeer, "\(name): \(farewell)")
      #expect(farewell.reason?.text.contains("Earshot is stopping") == true, "\(name): \(farewell)")
    }
    let entries = try await floor.auditEntries()
    #expect(entries.map(\.action) == [.started, .opened, .closed, .stopped])
    let closing = try #require(entries.first { $0.action == .closed })
    #expect(closing.outcome.contains("Earshot is stopping"), "\(closing.outcome)")
    #expect(closing.spans.map(\.mode) == [.barge])
    #expect((closing.proof.first { $0.listener == .customer }?.samples ?? 0) > 0)
    let verdict = try await floor.verifyAudit()
    #expect(verdict.status == 0 && verdict.output.contains("1 valid checkpoints"), "\(verdict.output)")
    await floor.stop()
  }

  @Test(
    "U2 U3 killed while the database is locked: what only the spool had is in the chain after the restart")
  func killedWithSpool() async throws {
    let folder = TemporaryFolder()
    let settings = Floor.Settings(policy: "auditGrace: 60", storage: "audit: {gateDeadline: 0.5}")
    let floor = try await Floor(settings, folder: URL(fileURLWithPath: folder.path))
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    _ = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*31anna")
    let backup = try floor.auditDatabase()
    try backup.execute("BEGIN IMMEDIATE")
    await supervisor.hangUp()
    try await floor.spooled { $0.action == .closed }
    await floor.server.stop(SIGKILL)
    try backup.execute("ROLLBACK")
    await floor.stop()

    let next = try await Floor(settings, folder: URL(fileURLWithPath: folder.path))
    _ = try await next.entry { $0.action == "closed" }
    #expect(await next.stop() == 0)
    let actions = try await next.auditEntries().map(\.action)
    #expect(actions == [.started, .opened, .closed, .started, .stopped], "told once, and not as interrupted")
    let verdict = try await next.verifyAudit()
    #expect(verdict.status == 0, "\(verdict.output)")
  }

  @Test(
    "U2 kill -9 amid audit writes, again and again: the chain verifies, no act is lost, every story has an end"
  )
  func killed() async throws {
    let folder = TemporaryFolder()
    let acts = AcknowledgedActs()
    for round in 1...4 {
      let floor = try await Floor(folder: URL(fileURLWithPath: folder.path))
      let anna = try await floor.phone("anna")
      let (_, _) = try await floor.connect(agent: anna)
      let call = try await floor.call { $0.phase == "answered" }.id
      var phones: [Phone] = []
      for user in ["sue", "tom"] {
        let phone = try await floor.phone(user)
        await phone.setAnswering(.automatic)
        phones.append(phone)
      }
      await withTaskGroup { group in
        for user in ["sue", "tom"] {
          group.addTask { await acts.superviseUntilTheServerIsGone(call, by: user, on: floor) }
        }
        // At another place of the work each time.
        await acts.wait(forMore: 5 * round)
        await floor.server.stop(SIGKILL)
      }
      await floor.stop()
      withExtendedLifetime(phones) {}
      let verdict = try await floor.verifyAudit()
      #expect(verdict.status == 0, "round \(round): \(verdict.output)")
    }
    let last = try await Floor(folder: URL(fileURLWithPath: folder.path))
    _ = try await last.entry { $0.action == "started" }
    #expect(await last.stop() == 0)

    let entries = try await last.auditEntries()
    let verdict = try await last.verifyAudit()
    #expect(verdict.status == 0, "\(verdict.output)")
    #expect(entries.contains { $0.action == .interrupted }, "the kills came too late")
    for session in Set(entries.filter { $0.action == .opened }.compactMap(\.session)) {
      let ends = entries.filter {
        $0.session == session && [.closed, .abandoned, .interrupted].contains($0.action)
      }
      #expect(ends.count == 1, "session \(session): \(ends.map(\.action))")
    }
    for act in acts.all {
      #expect(
        entries.contains {
          $0.session?.value == act.session && $0.action == act.action && $0.mode == act.mode
        },
        "\(act) was confirmed, but isn't in the audit")
    }
  }
}
