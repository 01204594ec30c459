import CLinux
import Glibc

/// A thread of its own for what blocks: database, file sync. It runs jobs in the order given, and jobs for a later time
/// when that has come; an actor can be pinned to it.
///
/// It lives until `stop`, whoever still refers to it.
///
/// `@unchecked Sendable`: `state` is touched only while `mutex` is held; the rest is immutable.
package final class StorageThread: SerialExecutor, @unchecked Sendable {
  package typealias Job = @Sendable () -> Void

  private struct State {
    var ready: [Job] = []
    var timed: [(at: ContinuousClock.Instant, job: Job)] = []
    var identity: pthread_t?
    var stopping = false
    var stopped: Job?
  }

  private let name: String
  private var state = State()
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>

  /// `name`: at most 15 bytes, as the kernel shows it.
  package init(name: String) {
    self.name = name
    mutex = .allocate(capacity: 1)
    wake = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(wake, &attributes)
    pthread_condattr_destroy(&attributes)
    start()
  }

  deinit {
    pthread_cond_destroy(wake)
    pthread_mutex_destroy(mutex)
    wake.deallocate()
    mutex.deallocate()
  }

  /// Runs `job` after all jobs given before. Never blocks. A job given after `stop` is dropped.
  package func run(_ job: @escaping Job) {
    locked { state in
      guard !state.stopping else { return }
      state.ready.append(job)
      pthread_cond_signal(wake)
    }
  }

  /// Runs `job` at `time`, or later if the thread is busy.
  package func run(at time: ContinuousClock.Instant, _ job: @escaping Job) {
    locked { state in
      guard !state.stopping else { return }
      let place = state.timed.lastIndex { $0.at <= time }.map { $0 + 1 } ?? 0
      state.timed.insert((time, job), at: place)
      pthread_cond_signal(wake)
    }
  }

  /// Runs `work` on this thread and hands back what it gives.
  package func result<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      run { continuation.resume(returning: work()) }
    }
  }

  /// Ends the thread once the jobs given before have run; timed ones are dropped. `completion` runs on the thread, last.
  package func stop(completion: Job? = nil) {
    locked { state in
      guard !state.stopping else { return }
      state.stopping = true
      state.stopped = completion
      pthread_cond_signal(wake)
    }
  }

  // MARK: SerialExecutor

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    run { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  package func checkIsolated() {
    precondition(isCurrent, "this must run on the thread \(name)")
  }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }

  package var isCurrent: Bool {
    let current = currentThread()
    return locked { $0.identity.map { pthread_equal($0, current) != 0 } ?? false }
  }

  // MARK: the thread

  private func start() {
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(self)
    let code = pthread_create(&thread, nil, storageThreadMain, retained.toOpaque())
    precondition(code == 0, "no thread for storage: \(String(cString: strerror(code)))")
    pthread_detach(thread)
  }

  fileprivate func loop() {
    let current = currentThread()
    pthread_setname_np(current, name)
    locked { $0.identity = current }
    while let jobs = next() {
      for job in jobs { job() }
    }
    let stopped = locked { state in
      let stopped = state.stopped
      state = State(stopping: true)
      return stopped
    }
    stopped?()
  }

  private enum Step {
    case jobs([Job])
    case wait(until: ContinuousClock.Instant?)
    case end
  }

  /// Waits for work; nil when the thread is to end.
  ///
  /// The state is taken anew after each wait: others change it meanwhile, and within one access the optimiser may take
  /// it for unchanged.
  private func next() -> [Job]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      switch Self.step(&state) {
      case .jobs(let jobs): return jobs
      case .wait(let time): wait(until: time)
      case .end: return nil
      }
    }
  }

  @inline(never)
  private static func step(_ state: inout State) -> Step {
    let now = ContinuousClock.now
    let due = state.timed.prefix { $0.at <= now }.map(\.job)
    if !state.stopping { state.timed.removeFirst(due.count) }
    let jobs = state.stopping ? state.ready : state.ready + due
    state.ready = []
    if !jobs.isEmpty { return .jobs(jobs) }
    return state.stopping ? .end : .wait(until: state.timed.first?.at)
  }

  private func wait(until time: ContinuousClock.Instant?) {
    guard let time else {
      pthread_cond_wait(wake, mutex)
      return
    }
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let (seconds, attoseconds) = max(.zero, time - .now).components
    let nanoseconds = deadline.tv_nsec + Int(attoseconds / 1_000_000_000) + 1
    deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_cond_timedwait(wake, mutex, &deadline)
  }

  private func locked<Value>(_ body: (inout State) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }
}

/// Apart from the class, because a closure given to `pthread_create` would inherit an isolation that doesn't hold there.
private nonisolated func storageThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<StorageThread>.fromOpaque(argument).takeRetainedValue().loop()
  return nil
}

/// Not inlined, because the optimiser takes `pthread_self` for a constant and carries it across suspensions.
@inline(never)
private func currentThread() -> pthread_t { pthread_self() }
