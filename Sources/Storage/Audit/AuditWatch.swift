import Supervision

/// Looks after deadlines while the database's thread may hang in a slow disk: fails gates that waited too long, and
/// brings other entries to the spool. Deadlines and spool have a thread each, so that a disk that hangs in the spool's
/// fsync doesn't make a gate wait.
final class AuditWatch: Sendable {
  private let deadlines = StorageThread(name: "audit-watch")
  private let spooling = StorageThread(name: "audit-spool")
  private let settings: AuditSettings
  private let intake: AuditIntake
  private let spool: AuditSpool
  private let health: AuditHealthMonitor
  private let writer: AuditWriter
  private let now: @Sendable () -> Moment

  init(
    settings: AuditSettings, intake: AuditIntake, spool: AuditSpool, health: AuditHealthMonitor,
    writer: AuditWriter, now: @escaping @Sendable () -> Moment
  ) {
    self.settings = settings
    self.intake = intake
    self.spool = spool
    self.health = health
    self.writer = writer
    self.now = now
    deadlines.run { self.tick() }
  }

  /// Comes back at the next deadline known, though not within 10 ms, nor later than after half a second.
  private func tick() {
    let time = ContinuousClock.now
    health.checkAttempt(limit: settings.deadline)
    let wall = now().wall
    let expired = intake.with { $0.expire(at: time) { .void($0, at: wall) } }
    if !expired.failed.isEmpty {
      let why = health.health.explanation ?? "the database didn't confirm"
      for completion in expired.failed {
        completion(.failure(AuditFault("the audit entry wasn't on disk within \(settings.deadline): \(why)")))
      }
    }
    if !expired.toSpool.isEmpty { spooling.run { self.spool(expired.toSpool) } }
    let latest = time + min(settings.deadline, .milliseconds(500))
    let next = intake.with { $0.nextDeadline(after: time) } ?? latest
    deadlines.run(at: min(max(next, time + .milliseconds(10)), latest)) { self.tick() }
  }

  private func spool(_ submissions: [AuditSubmission]) {
    do throws(FileFault) {
      try intake.move(submissions, to: spool, node: settings.node)
    } catch {
      // Those that it didn't take stay in memory, and wait for the database or for room.
      health.attemptFailed("audit spool \(error); \(error.remedy)")
    }
    writer.wake()
  }

  /// Returns when nothing of it runs any more.
  func stop() async {
    for thread in [deadlines, spooling] {
      await withCheckedContinuation { continuation in thread.stop { continuation.resume() } }
    }
  }
}
