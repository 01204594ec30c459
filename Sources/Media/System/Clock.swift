import CLinux
import Glibc

/// Nanoseconds. All logic is given its `now`; only the worker's loop reads the clocks.
typealias Nanoseconds = Int64

extension Nanoseconds {
  static let millisecond: Nanoseconds = 1_000_000
  static let second: Nanoseconds = 1_000_000_000
  /// One sample at 8 kHz.
  static let sample: Nanoseconds = 125_000
}

enum Clock {
  /// Never runs backwards.
  static func monotonic() -> Nanoseconds { read(CLOCK_MONOTONIC) }
  /// Since 1970; may jump. For RTCP's NTP timestamps only.
  static func wall() -> Nanoseconds { read(CLOCK_REALTIME) }

  private static func read(_ id: clockid_t) -> Nanoseconds {
    var time = timespec()
    clock_gettime(id, &time)
    return Nanoseconds(time.tv_sec) &* .second &+ Nanoseconds(time.tv_nsec)
  }
}
