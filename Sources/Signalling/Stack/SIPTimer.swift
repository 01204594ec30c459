import CSofia

/// A timer of a `SIPStack`, to cancel it by. A name that has fired or was cancelled does no harm.
package struct SIPTimer: Hashable, Sendable {
  let number: UInt64
}

/// The one owner of a `su_timer_t`. Lives on the stack's thread only.
final class TimerHandle {
  let pointer: OpaquePointer
  let action: @Sendable () -> Void

  init?(root: OpaquePointer?, milliseconds: Int, action: @escaping @Sendable () -> Void) {
    guard let pointer = sofia_timer(root, su_duration_t(milliseconds)) else { return nil }
    self.pointer = pointer
    self.action = action
    let argument = Unmanaged.passUnretained(self).toOpaque()
    su_timer_set(
      pointer,
      { _, _, argument in
        // Held here while it runs: the action removes this timer from its table.
        let timer = Unmanaged<TimerHandle>.fromOpaque(argument!).takeUnretainedValue()
        timer.action()
      }, argument)
  }

  deinit { su_timer_destroy(pointer) }
}
