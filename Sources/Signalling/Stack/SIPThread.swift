import CLinux
import CSofia
import Glibc
import Locking

/// The one thread on which a `SIPStack` lives: sofia-sip's event loop, and a Swift executor for the actors that are
/// pinned to it. Work goes through one queue, so that it runs in the order in which it was given.
///
/// Once the loop has ended, late work is run one by one by whoever brings it: nobody waits for a thread that is gone.
// @unchecked Sendable: all mutable state is inside `inbox` but `root`, which only the loop's own thread touches.
package final class SIPThread: SerialExecutor, @unchecked Sendable {
  private enum Work: Sendable {
    case job(UnownedJob)
    case call(@Sendable () -> Void)
  }

  private struct Inbox {
    var work: [Work] = []
    var loopRuns = true
    /// The thread that runs work now.
    var owner: pthread_t?
    var whenEnded: CheckedContinuation<Void, Never>?
  }

  private let inbox = Lock(Inbox())
  /// Wakes the loop.
  private let bell: Int32
  /// sofia-sip's loop. Only to be used on this thread.
  private(set) var root: OpaquePointer?

  package init() {
    bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    precondition(bell >= 0, "no descriptor left for the signalling thread's wake-up; raise `ulimit -n`")
    let argument = Unmanaged.passRetained(self).toOpaque()
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runSIPThread, argument)
    precondition(result == 0, "the signalling thread can't be started: \(String(cString: strerror(result)))")
    pthread_detach(thread)
  }

  deinit { close(bell) }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) { append(.job(UnownedJob(job))) }

  package func checkIsolated() {
    precondition(isOwner, "signalling work on a thread that isn't the signalling thread")
  }

  package func isIsolatingCurrentContext() -> Bool? { isOwner }

  /// Runs `call` on the thread, after everything given before.
  package func submit(_ call: @escaping @Sendable () -> Void) { append(.call(call)) }

  private var isOwner: Bool {
    let current = currentThread()
    return inbox.withLock { $0.owner == current }
  }

  private func append(_ work: Work) {
    enum Next { case wake, leave, run }
    let current = currentThread()
    let next: Next = inbox.withLock { inbox in
      inbox.work.append(work)
      if inbox.loopRuns { return inbox.work.count == 1 ? .wake : .leave }
      guard inbox.owner == nil else { return .leave }
      inbox.owner = current
      return .run
    }
    switch next {
    case .wake: ring()
    case .leave: break
    case .run:
      // The last job may give up the actor, and with it this executor, which the runtime doesn't hold.
      let held = Unmanaged.passRetained(self)
      runLeftOvers()
      held.release()
    }
  }

  private func ring() {
    var one: UInt64 = 1
    // A wake that gets lost would leave the work lying until the next message.
    while write(bell, &one, 8) < 0, errno == EINTR {}
  }

  private func run(_ batch: [Work]) {
    for work in batch {
      switch work {
      case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .call(let call): call()
      }
    }
  }

  /// Runs what has come since the last time. Called by the loop.
  fileprivate func drain() {
    var count: UInt64 = 0
    _ = read(bell, &count, 8)
    let batch = inbox.withLock { inbox in
      let batch = inbox.work
      inbox.work.removeAll(keepingCapacity: true)
      return batch
    }
    run(batch)
  }

  private func runLeftOvers() {
    while true {
      let batch: [Work]? = inbox.withLock { inbox in
        if inbox.work.isEmpty {
          inbox.owner = nil
          return nil
        }
        let batch = inbox.work
        inbox.work.removeAll()
        return batch
      }
      guard let batch else { return }
      run(batch)
    }
  }

  // MARK: Loop

  fileprivate func loop() {
    let current = currentThread()
    inbox.withLock { $0.owner = current }
    su_init()
    sofia_silence()
    root = su_root_create(nil)
    precondition(root != nil, "sofia-sip can't make its event loop: out of memory or descriptors")
    // One thread for the library and for us: its callbacks come on this thread, so nothing needs a lock.
    su_root_threading(root, 0)
    let watched = sofia_watch(
      root, bell,
      { _, _, argument in
        Unmanaged<SIPThread>.fromOpaque(argument!).takeUnretainedValue().drain()
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
    precondition(watched >= 0, "sofia-sip can't watch the wake-up descriptor")
    drain()
    su_root_run(root)
    su_root_destroy(root)
    root = nil
    let whenEnded = inbox.withLock { inbox in
      inbox.loopRuns = false
      let continuation = inbox.whenEnded
      inbox.whenEnded = nil
      return continuation
    }
    runLeftOvers()
    whenEnded?.resume()
  }

  /// Ends the loop and returns once the thread has left it. To be called once, from outside the thread.
  package func end() async {
    await withCheckedContinuation { continuation in
      inbox.withLock { $0.whenEnded = continuation }
      submit { su_root_break(self.root) }
    }
  }
}

// Not a closure: one written where an isolation is inferred would be checked for it and fail on a bare thread.
private func runSIPThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  pthread_setname_np(pthread_self(), "sip")
  Unmanaged<SIPThread>.fromOpaque(argument!).takeRetainedValue().loop()
  return nil
}

// Never inlined: the optimiser would keep one answer across a suspension, and the thread may have changed there.
@inline(never)
private func currentThread() -> pthread_t { pthread_self() }
