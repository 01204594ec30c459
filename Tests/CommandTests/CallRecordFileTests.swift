import Configuration
import Foundation
import Glibc
import Locking
import Supervision
import TestKit
import Testing

@testable import earshot

@Suite("The file of calls' records", .serialized)
struct CallRecordFileTests {
  private final class Complaints: Sendable {
    let text = Lock("")
  }

  private func record(_ id: String) -> CallRecord {
    let moment = Moment(wall: 1_000, uptime: 1_000)
    let snapshot = CallSnapshot(
      id: CallID(id), phase: .ended,
      facts: CallFacts(
        tenant: TenantID("main"), direction: .inbound, queue: "billing", campaign: nil, agents: ["anna"]),
      participants: [], heldBy: [], handler: nil, sessions: [], matrix: RoutingMatrix(), created: moment,
      answered: moment, ended: moment, endReason: nil, revision: 1)
    return CallRecord(snapshot: snapshot, reports: [])
  }

  /// The lines of the file after a record before, one during, and one after the fault; and what was complained of.
  private func lines(_ fault: SystemFault, count: Int) async throws -> (lines: [String], complaint: String) {
    let folder = TemporaryFolder.root.appending(path: "records-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let complaints = Complaints()
    let console = Console(write: { _ in }, writeError: { text in complaints.text.withLock { $0 += text } })
    func append(_ id: String) async throws {
      let file = try CallRecordFile(
        folder: folder.path, log: Log(settings: LogConfiguration(), console: console))
      file.append(record(id))
      await file.close()
    }
    try await append("before")
    fault.arm(count: count)
    try await append("during")
    #expect(SystemFault.disarm() > 0)
    try await append("after")
    let text = try String(contentsOf: folder.appending(path: "calls.jsonl"), encoding: .utf8)
    return (text.split(separator: "\n").map(String.init), complaints.text.withLock { $0 })
  }

  @Test(
    "X4 a record that can't be written is told with its reason, and spoils no other",
    arguments: [
      SystemFault(.open, EMFILE), .init(.open, ENOSPC), .init(.write, ENOSPC), .init(.write, EIO),
    ])
  func lost(_ fault: SystemFault) async throws {
    let (lines, complaint) = try await lines(fault, count: 1)
    #expect(lines.count == 2 && lines[0].contains("before") && lines[1].contains("after"))
    #expect(complaint.contains("calls.jsonl"), "\(complaint)")
    #expect(complaint.contains(String(cString: strerror(fault.error))), "\(complaint)")
  }

  @Test(
    "X4 a record whose writing is interrupted is written",
    arguments: [SystemFault(.open, EINTR), .init(.write, EINTR)])
  func interrupted(_ fault: SystemFault) async throws {
    let (lines, complaint) = try await lines(fault, count: 3)
    #expect(lines.count == 3 && complaint.isEmpty)
    for line in lines {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
  }
}
