import Locking
import Supervision

/// Keeps the `AuditHealth`. Told by the writer what became of each attempt; asked by anybody.
package final class AuditHealthMonitor: Sendable {
  private struct State {
    var health = AuditHealth()
    /// The attempt under way.
    var attempt: (began: ContinuousClock.Instant, moment: Moment)?
  }

  private let state = Lock(State())
  private let now: @Sendable () -> Moment
  private let changed: @Sendable (AuditHealth) -> Void

  /// `changed` is called whenever the audit becomes writable or ceases to be; it must not block, and must keep the
  /// order of its calls, each of which is made under a lock.
  package init(now: @escaping @Sendable () -> Moment, changed: @escaping @Sendable (AuditHealth) -> Void) {
    self.now = now
    self.changed = changed
  }

  package var health: AuditHealth { state.withLock { $0.health } }

  package func attemptBegan() {
    let moment = now()
    state.withLock { $0.attempt = (.now, moment) }
  }

  package func attemptSucceeded() {
    let moment = now()
    state.withLock { state in
      state.attempt = nil
      let wasWritable = state.health.isWritable
      state.health.lastSuccess = moment
      state.health.failingSince = nil
      state.health.explanation = nil
      if !wasWritable { changed(state.health) }
    }
  }

  package func attemptFailed(_ explanation: String) {
    let moment = now()
    state.withLock { state in
      let began = state.attempt?.moment
      state.attempt = nil
      fail(&state.health, since: began ?? moment, at: moment, explanation)
    }
  }

  /// An attempt that has lasted longer than `limit` counts as failing even before it ends.
  package func checkAttempt(limit: Duration) {
    let moment = now()
    state.withLock { state in
      guard let attempt = state.attempt, attempt.began.duration(to: .now) >= limit, state.health.isWritable
      else { return }
      fail(
        &state.health, since: attempt.moment, at: moment,
        "the disk has not confirmed a write for \(limit); check the disk and what else writes to it")
    }
  }

  private func fail(_ health: inout AuditHealth, since: Moment, at moment: Moment, _ explanation: String) {
    let wasWritable = health.isWritable
    health.lastFailure = moment
    health.failingSince = health.failingSince ?? since
    health.explanation = explanation
    if wasWritable { changed(health) }
  }
}
