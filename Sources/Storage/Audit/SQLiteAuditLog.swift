import Supervision

/// The audit on an SQLite database with a spool beside it (U1 to U4). Docs/AuditFormat.md tells what is on disk, and
/// what happens to an entry when the disk is slow, full or gone.
package final class SQLiteAuditLog: AuditLog {
  private let settings: AuditSettings
  private let intake: AuditIntake
  private let monitor: AuditHealthMonitor
  private let writer: AuditWriter
  private let watch: AuditWatch
  private let reader: AuditReader
  private let notifying: StorageThread

  private init(
    settings: AuditSettings, intake: AuditIntake, monitor: AuditHealthMonitor, writer: AuditWriter,
    watch: AuditWatch, reader: AuditReader, notifying: StorageThread
  ) {
    self.settings = settings
    self.intake = intake
    self.monitor = monitor
    self.writer = writer
    self.watch = watch
    self.reader = reader
    self.notifying = notifying
  }

  /// Opens the audit in `settings.folder`, for this process alone. What the process before left is taken up: spooled
  /// entries go into the chain, and each session that it never closed gets an `interrupted` entry.
  ///
  /// `onHealthChange` is called whenever the audit becomes writable or ceases to be, in order, from a thread of its own.
  package static func open(
    _ settings: AuditSettings, now: @escaping @Sendable () -> Moment = Moment.current,
    onHealthChange: @escaping @Sendable (AuditHealth) -> Void = { _ in }
  ) async throws(AuditFault) -> SQLiteAuditLog {
    let notifying = StorageThread(name: "audit-health")
    let intake = AuditIntake(limit: settings.backlogLimit)
    let monitor = AuditHealthMonitor(now: now) { health in notifying.run { onHealthChange(health) } }
    let thread = StorageThread(name: "audit-write")
    let writer = AuditWriter(thread: thread, settings: settings, intake: intake, health: monitor, now: now)
    let spool: AuditSpool
    do throws(AuditFault) {
      spool = try await writer.open()
    } catch {
      thread.stop()
      notifying.stop()
      throw error
    }
    let watch = AuditWatch(
      settings: settings, intake: intake, spool: spool, health: monitor, writer: writer, now: now)
    let reader = AuditReader(path: AuditFolder(settings.folder).database, node: settings.node)
    return SQLiteAuditLog(
      settings: settings, intake: intake, monitor: monitor, writer: writer, watch: watch, reader: reader,
      notifying: notifying)
  }

  package func submit(
    _ entry: AuditEntry, urgency: AuditUrgency,
    completion: @escaping @Sendable (Result<AuditReceipt, AuditFault>) -> Void
  ) {
    let submission = AuditSubmission(
      entry, urgency: urgency, deadline: .now + settings.deadline, completion: completion)
    switch intake.with({ $0.admit(submission) }) {
    case .admitted(let wake): if wake { writer.wake() }
    case .closed: completion(.failure(AuditFault("the audit is closed: Earshot is stopping")))
    case .full:
      completion(
        .failure(
          AuditFault(
            "\(settings.backlogLimit) audit entries wait already: "
              + (monitor.health.explanation ?? "the disk is too slow for them"))))
    }
  }

  package func entries(_ query: AuditQuery) async throws(AuditFault) -> [AuditRecord] {
    try await reader.entries(query)
  }

  /// At once, from any thread.
  package var health: AuditHealth { monitor.health }

  /// Must be called once, or the threads run on. Writes what waits, signs a checkpoint and gives the folder back. Every completion has been called when it returns.
  package func stop() async {
    guard intake.with({ $0.close() }) else { return }
    await watch.stop()
    // The writer is the last to close: a reader couldn't put the write-ahead log into the file, and who copied
    // `audit.sqlite` alone would have half of it.
    await reader.close()
    await writer.stop()
    writer.thread.stop()
    notifying.stop()
  }
}
