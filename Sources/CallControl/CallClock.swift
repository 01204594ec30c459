import Glibc
import Supervision

/// Time for the calls: real in a running system, moved by hand in tests.
package protocol CallClock: Sendable {
  func now() -> Moment
  /// Throws `CancellationError` when the waiting task is cancelled.
  func sleep(milliseconds: Int64) async throws
}

/// The machine's clocks.
package struct SystemCallClock: CallClock {
  private let start = ContinuousClock.now

  package init() {}

  package func now() -> Moment {
    let elapsed = ContinuousClock.now - start
    return Moment(wall: Self.wall(), uptime: Self.milliseconds(elapsed))
  }

  package func sleep(milliseconds: Int64) async throws {
    try await ContinuousClock().sleep(for: .milliseconds(milliseconds))
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }

  private static func wall() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
