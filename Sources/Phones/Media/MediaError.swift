import Glibc

/// A system call that the phones' media needs has failed.
package struct MediaError: Error, Hashable, Sendable, CustomStringConvertible {
  package let call: String
  package let code: Int32
  package let remedy: String

  init(_ call: String, remedy: String) {
    self.call = call
    self.code = errno
    self.remedy = remedy
  }

  package var description: String { "\(call) failed: \(String(cString: strerror(code))); \(remedy)" }
}

/// The clocks of the media thread, in ns.
enum Clock {
  /// Never runs backwards: packets are paced by it.
  static var monotonic: Int64 { read(CLOCK_MONOTONIC) }
  /// The clock of the kernel's arrival stamps.
  static var wall: Int64 { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
