import CSQLite
import Supervision

/// Takes what waits and writes it: many entries in one transaction with one fsync; tries again while the database can't.
/// Pinned to the database's thread.
actor AuditWriter {
  nonisolated let thread: StorageThread
  private let settings: AuditSettings
  private let intake: AuditIntake
  private let health: AuditHealthMonitor
  private let now: @Sendable () -> Moment

  private var lock: AuditLock?
  private var store: AuditStore?
  private var spool: AuditSpool?
  /// Tells the latest planned round from those that have been overtaken.
  private var round = 0

  private static let batch = 512
  private static let retryInterval: Duration = .milliseconds(50)

  init(
    thread: StorageThread, settings: AuditSettings, intake: AuditIntake, health: AuditHealthMonitor,
    now: @escaping @Sendable () -> Moment
  ) {
    self.thread = thread
    self.settings = settings
    self.intake = intake
    self.health = health
    self.now = now
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Opens everything and tries to write what the process before left: spooled entries, interrupted sessions.
  func open() throws(AuditFault) -> AuditSpool {
    let folder = AuditFolder(settings.folder)
    try folder.check()
    lock = try AuditLock(folder)
    store = try AuditStore(settings, folder: folder)
    let spool: AuditSpool
    do {
      spool = try AuditSpool(path: folder.spool, capacity: settings.spoolCapacity)
      for record in try spool.unread().records where (try? AuditEncoding.decode(record.payload)) == nil {
        throw AuditFault("\(folder.spool) holds entries of a newer Earshot; start that one")
      }
    } catch let fault as FileFault {
      throw AuditFault("audit spool \(fault); \(fault.remedy)")
    } catch let fault as AuditFault {
      throw fault
    } catch {
      throw AuditFault("audit spool \(folder.spool): \(error)")
    }
    self.spool = spool
    work(mayPulse: true)
    return spool
  }

  /// Lets the writer look for work soon. From any thread.
  nonisolated func wake() {
    thread.run { self.assumeIsolated { $0.work(mayPulse: false) } }
  }

  /// Writes until nothing waits. `mayPulse`: writes something even if nothing does.
  private func work(mayPulse: Bool) {
    guard store != nil, let spool else { return }
    var mayPulse = mayPulse
    var didWrite = false
    while mayPulse || spool.pending > 0 || intake.with({ $0.hasQueued }) {
      mayPulse = false
      guard write() else { return plan(in: Self.retryInterval) }
      didWrite = true
    }
    if didWrite { plan(in: settings.probeInterval) }
  }

  /// One transaction. False if nothing of it stayed.
  private func write(wantsCheckpoint: Bool = false) -> Bool {
    guard let store, let spool else { return false }
    var position: Int?
    health.attemptBegan()
    do throws(SQLiteFault) {
      let receipts = try store.write(at: now().wall) { () throws(SQLiteFault) in
        // In this order: what goes to the spool meanwhile is in the batch or found in the spool, perhaps in both, and
        // never comes after what was submitted later.
        let submitted = intake.with { $0.take(atMost: Self.batch) }
        let spooled = try unread(spool)
        if !spooled.records.isEmpty { position = spooled.position }
        return AuditStore.Work(
          spooled: spooled.records, submitted: submitted, wantsCheckpoint: wantsCheckpoint)
      }
      let completions = intake.with { $0.committed() }
      // A header that can't be written is no loss: at the next start each entry is recognised as written.
      if let position { try? spool.consume(through: position) }
      health.attemptSucceeded()
      for (id, completion) in completions {
        completion(
          receipts[id].map { .success($0) } ?? .failure(AuditFault("audit: no place was given to the entry")))
      }
      return true
    } catch {
      intake.with { $0.rolledBack() }
      health.attemptFailed(
        "audit database \(AuditFolder(settings.folder).database): \(error); \(error.remedy)")
      return false
    }
  }

  private func unread(
    _ spool: AuditSpool
  ) throws(SQLiteFault) -> (records: [AuditSpool.Record], position: Int) {
    do {
      return try spool.unread()
    } catch {
      throw SQLiteFault(code: SQLITE_IOERR, action: "read the spool", message: error.description)
    }
  }

  private func plan(in delay: Duration) {
    round += 1
    let planned = round
    thread.run(at: .now + delay) {
      self.assumeIsolated { writer in
        if writer.round == planned { writer.work(mayPulse: true) }
      }
    }
  }

  /// Writes what still waits, signs the heads and closes the files. What the database doesn't take goes to the spool.
  func stop() {
    guard store != nil, let spool else { return }
    work(mayPulse: false)
    _ = write(wantsCheckpoint: true)
    store = nil
    let rest = intake.with { $0.take(atMost: .max) }
    do throws(FileFault) {
      try intake.move(rest.filter { $0.urgency == .after }, to: spool, node: settings.node)
    } catch {
      health.attemptFailed("audit spool \(error); \(error.remedy)")
    }
    for (_, completion) in intake.with({ $0.committed() }) {
      completion(.failure(AuditFault("audit: the entry couldn't be written before the stop")))
    }
    self.spool = nil
    lock = nil
    round += 1
  }
}
