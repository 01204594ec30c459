import CLinux
import Glibc
import Locking

/// The thread of a `PhoneMedia`: it ticks at fixed times, reads the sockets that have something, and runs the
/// actor's jobs in between.
final class MediaLoop: SerialExecutor {
  /// What the loop serves, on its own thread. Set before the start.
  struct Handlers: Sendable {
    /// A socket has something; the value it was added with.
    var readable: @Sendable (UInt64) -> Void
    /// Once in every tick, after the sockets were read.
    var tick: @Sendable () -> Void
  }

  private let sockets = epoll_create1(Int32(EPOLL_CLOEXEC))
  private let signals = epoll_create1(Int32(EPOLL_CLOEXEC))
  private let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  private let timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))

  private struct State {
    var jobs: [UnownedJob] = []
    var thread: pthread_t?
    var stopping = false
    var hasEnded = false
  }
  private let state = Lock(State())

  /// - Parameter tick: in µs.
  init(tick: Int) {
    for descriptor in [wake, timer] {
      var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: descriptor))
      epoll_ctl(signals, EPOLL_CTL_ADD, descriptor, &event)
    }
    let interval = timespec(tv_sec: tick / 1_000_000, tv_nsec: tick % 1_000_000 * 1_000)
    var period = itimerspec(it_interval: interval, it_value: interval)
    timerfd_settime(timer, 0, &period, nil)
  }

  deinit {
    for descriptor in [sockets, signals, wake, timer] { close(descriptor) }
  }

  func start(_ handlers: Handlers) {
    let body = Body(loop: self, handlers: handlers)
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runMediaLoop, Unmanaged.passRetained(body).toOpaque())
    precondition(result == 0, "the media thread of the phones can't be started; raise `ulimit -u`")
    pthread_detach(thread)
  }

  /// Ends the thread once it has run what was enqueued before.
  func stop() {
    state.withLock { $0.stopping = true }
    eventfd_write(wake, 1)
  }

  func add(_ descriptor: Int32, token: UInt64) {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: token))
    epoll_ctl(sockets, EPOLL_CTL_ADD, descriptor, &event)
  }

  func remove(_ descriptor: Int32) {
    epoll_ctl(sockets, EPOLL_CTL_DEL, descriptor, nil)
  }

  // MARK: SerialExecutor

  /// Once the thread has ended, late work is run one by one by whoever brings it.
  func enqueue(_ job: consuming ExecutorJob) {
    enum Next { case wake, leave, run }
    let job = UnownedJob(job)
    let current = currentThread()
    let next: Next = state.withLock { state in
      state.jobs.append(job)
      guard state.hasEnded else { return state.jobs.count == 1 ? .wake : .leave }
      guard state.thread == nil else { return .leave }
      state.thread = current
      return .run
    }
    switch next {
    case .wake: eventfd_write(wake, 1)
    case .leave: break
    case .run:
      // The last job may give up the actor, and with it this executor, which the runtime doesn't hold.
      let held = Unmanaged.passRetained(self)
      runLateJobs()
      held.release()
    }
  }

  private func runLateJobs() {
    while true {
      let job: UnownedJob? = state.withLock { state in
        guard state.jobs.isEmpty else { return state.jobs.removeFirst() }
        state.thread = nil
        return nil
      }
      guard let job else { return }
      job.runSynchronously(on: asUnownedSerialExecutor())
    }
  }

  private var isCurrent: Bool {
    let current = currentThread()
    return state.withLock { $0.thread == current }
  }

  func checkIsolated() {
    precondition(isCurrent, "not on the media thread of the phones")
  }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  // MARK: The thread

  fileprivate func run(_ handlers: Handlers) {
    state.withLock { $0.thread = currentThread() }
    pthread_setname_np(pthread_self(), "phones")
    let capacity = 512
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
    defer { events.deallocate() }
    while true {
      let count = epoll_wait(signals, events, 2, -1)
      var isTick = false
      for index in 0..<max(Int(count), 0) {
        var value: UInt64 = 0
        _ = read(events[index].data.fd, &value, 8)
        isTick = isTick || events[index].data.fd == timer
      }
      if runJobs() { return }
      guard isTick else { continue }
      while true {
        let ready = Int(epoll_wait(sockets, events, Int32(capacity), 0))
        guard ready > 0 else { break }
        for index in 0..<ready { handlers.readable(events[index].data.u64) }
      }
      handlers.tick()
    }
  }

  /// Runs what was enqueued, and what that enqueues.
  /// - Returns: whether the thread is to end.
  private func runJobs() -> Bool {
    while true {
      let (jobs, stopping) = state.withLock { state in
        let jobs = state.jobs
        state.jobs.removeAll(keepingCapacity: true)
        if jobs.isEmpty, state.stopping {
          state.hasEnded = true
          state.thread = nil
        }
        return (jobs, state.stopping)
      }
      if jobs.isEmpty { return stopping }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  /// What the new thread takes with it.
  fileprivate final class Body: Sendable {
    let loop: MediaLoop
    let handlers: Handlers

    init(loop: MediaLoop, handlers: Handlers) {
      self.loop = loop
      self.handlers = handlers
    }
  }
}

/// Not inlined: the compiler would keep the thread's name across a suspension.
@inline(never)
private func currentThread() -> pthread_t { pthread_self() }

private func runMediaLoop(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let body = Unmanaged<MediaLoop.Body>.fromOpaque(argument).takeRetainedValue()
  body.loop.run(body.handlers)
  return nil
}
