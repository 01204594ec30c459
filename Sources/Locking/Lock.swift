import Glibc

/// A value that one thread at a time may touch. For state that callbacks of several threads meet in; never held across
/// anything that blocks, and never taken on the packet path.
///
/// Not the standard library's `Mutex`: that one's code is inlined into the caller and notes the number of the thread. In an
/// async function the optimiser keeps that number across a suspension, after which the function may run on another thread;
/// the lock is then taken in the name of one thread and given back in that of another, and the process dies
/// (Swift 6.3.1; Docs/Decisions/0007-lock.md). Here nothing is inlined and the C library asks for the thread itself.
///
/// `@unchecked Sendable`: `value` is touched only while `mutex` is held.
package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  private let value: UnsafeMutablePointer<Value>
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init(_ initial: consuming sending Value) {
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Runs `body` with the value to itself. `body` must not take the same lock again.
  @inline(never)
  package borrowing func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }

  /// The same for whoever can't wait: nil, and nothing done, while somebody else has the value.
  @inline(never)
  package borrowing func withLockIfFree<Result>(
    _ body: (inout sending Value) -> sending Result
  ) -> sending Result? {
    guard pthread_mutex_trylock(mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(mutex) }
    return body(&value.pointee)
  }
}
