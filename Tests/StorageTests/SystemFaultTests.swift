import Glibc
import Storage
import Supervision
import TestKit
import Testing

@Suite("System calls of the storage that fail", .serialized)
struct SystemFaultTests {
  private static let bytes = Array("what has happened".utf8)

  private func record(_ number: UInt8) -> AuditSpool.Record {
    AuditSpool.Record(
      id: SubmissionID(bytes: [UInt8](repeating: number, count: SubmissionID.size)), payload: Self.bytes)
  }

  /// Everything that is done with a file, once.
  private func use(_ path: String) throws {
    let file = try StoredFile(path: path)
    let isOurs = try file.lock()
    #expect(isOurs)
    try file.write(Self.bytes, at: 0)
    try file.truncate(to: 4)
    try file.sync()
    try StoredFile.syncFolder(of: path)
  }

  @Test(
    "X4 a call that fails is told by its name, its file and its reason; the next time all is well",
    arguments: [
      SystemFault(.open, EMFILE), .init(.open, ENOSPC), .init(.open, EACCES), .init(.flock, ENOLCK),
      .init(.pwrite, ENOSPC), .init(.pwrite, EIO), .init(.ftruncate, EIO), .init(.fdatasync, EIO),
      .init(.fsync, EIO),
    ])
  func files(_ fault: SystemFault) throws {
    let fixture = AuditFixture()
    let path = fixture.folder.spool
    let descriptors = SystemFault.descriptors
    fault.arm(on: SystemFault.ownThread)
    let told = #expect(throws: FileFault.self) { try use(path) }
    #expect(SystemFault.disarm() == 1)
    #expect(told?.errno == fault.error && told?.call == "\(fault.call)")
    #expect(SystemFault.descriptors <= descriptors)
    try use(path)
  }

  @Test(
    "X4 what a signal interrupts is repeated",
    arguments: [
      SystemFault(.open, EINTR), .init(.flock, EINTR), .init(.pwrite, EINTR), .init(.ftruncate, EINTR),
      .init(.fdatasync, EINTR), .init(.fsync, EINTR),
    ])
  func interrupted(_ fault: SystemFault) throws {
    let fixture = AuditFixture()
    fault.arm(count: 4, on: SystemFault.ownThread)
    try use(fixture.folder.spool)
    #expect(SystemFault.disarm() == 4)
  }

  @Test(
    "U3 a spool whose disk fails takes nothing, and goes on where it was",
    arguments: [
      SystemFault(.pwrite, EIO), .init(.pwrite, ENOSPC), .init(.fdatasync, EIO), .init(.fdatasync, ENOSPC),
    ])
  func spool(_ fault: SystemFault) throws {
    let fixture = AuditFixture()
    let spool = try AuditSpool(path: fixture.folder.spool, capacity: 64 << 10)
    #expect(try spool.append([record(1)]) == 1)
    fault.arm(on: SystemFault.ownThread)
    let told = #expect(throws: FileFault.self) { _ = try spool.append([record(2)]) }
    #expect(SystemFault.disarm() == 1)
    #expect(told?.errno == fault.error)
    #expect(try spool.append([record(3)]) == 1)
    let (records, position) = try spool.unread()
    #expect(records == [record(1), record(3)])
    // The emptying writes a header.
    fault.arm(on: SystemFault.ownThread)
    #expect(throws: FileFault.self) { try spool.consume(through: position) }
    SystemFault.disarm()
    let again = try AuditSpool(path: fixture.folder.spool, capacity: 64 << 10)
    let found = try again.unread().records
    #expect(found == [record(1), record(3)] || found.isEmpty, "all of it, or none: \(found.count)")
  }

  @Test(
    "U3 while writes to the database fail a gate is refused and what has happened is kept; then all goes on",
    arguments: [SystemFault(.pwrite, EIO), .init(.pwrite, ENOSPC), .init(.fdatasync, EIO)])
  func database(_ fault: SystemFault) async throws {
    let fixture = AuditFixture()
    let health = Reports<AuditHealth>()
    let log = try await fixture.open(health: health) { $0.deadline = .milliseconds(300) }
    _ = try await log.write(.make(.opened, "s1")).get()
    fault.arm(count: .max)
    let gate = await log.write(.make(.opened, "s2"))
    #expect(SystemFault.disarm() > 0)
    guard case .failure(let why) = gate else {
      Issue.record("a gate was opened though the disk failed")
      return
    }
    #expect(!why.description.isEmpty)
    #expect(await health.first { $0.isWritable } != nil)
    _ = try await log.write(.make(.opened, "s3")).get()
    // If the gate came to its end just while it was being tried, there is an entry that says so.
    let story = try await log.entries(AuditQuery(tenant: TenantID("acme"))).reversed().map(\.entry)
    #expect(
      story.filter { !$0.outcome.hasPrefix("void") && $0.session != SessionID("s2") }
        == [.make(.opened, "s1"), .make(.opened, "s3")])
    await log.stop()
    #expect(try fixture.faults() == [])
  }
}
