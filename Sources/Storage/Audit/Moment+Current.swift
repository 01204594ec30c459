import Glibc
import Supervision

extension Moment {
  /// Reads both clocks of the machine.
  @Sendable package static func current() -> Moment {
    Moment(wall: milliseconds(CLOCK_REALTIME), uptime: milliseconds(CLOCK_MONOTONIC))
  }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
