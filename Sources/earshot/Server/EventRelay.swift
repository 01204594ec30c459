import CallControl
import Locking
import Storage
import Supervision

/// Carries the audit's health to the switchboard, which is made after the audit: news that come before are kept.
final class EventRelay: Sendable {
  private struct State {
    var switchboard: Switchboard?
    var grace = 5
    var log: Log?
    var health: AuditHealth?
  }

  private let state = Lock(State())

  func connect(_ switchboard: Switchboard, grace: Int, log: Log) {
    let health = state.withLock { state in
      state.switchboard = switchboard
      state.grace = grace
      state.log = log
      return state.health
    }
    if let health { audit(health) }
  }

  func audit(_ health: AuditHealth) {
    let (switchboard, grace, log) = state.withLock { state in
      state.health = health
      return (state.switchboard, state.grace, state.log)
    }
    guard let switchboard else { return }
    if health.isWritable {
      log?.info("the audit can be written")
    } else {
      log?.error(
        "the audit can't be written: \(health.explanation ?? "no reason known"). New supervision is refused, live "
          + "supervision ends in \(grace) s, calls run on.")
    }
    switchboard.auditBecame(writable: health.isWritable, grace: grace)
  }
}
