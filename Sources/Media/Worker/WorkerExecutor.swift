import CLinux
import Glibc
import Locking
import Synchronization

/// Runs an actor's jobs on one thread, that of its epoll loop. Anyone may enqueue; the loop is woken if it sleeps.
final class WorkerExecutor: SerialExecutor {
  private let jobs = Lock<[UnownedJob]>([])
  private let signal: WakeSignal
  /// `pthread_t` of the loop; 0 until it runs.
  private let thread = Atomic<UInt>(0)

  init() throws(SystemFailure) { signal = try WakeSignal() }

  /// To be watched by the loop.
  var descriptor: Int32 { signal.descriptor }

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let wasEmpty = jobs.withLock { jobs in
      jobs.append(unowned)
      return jobs.count == 1
    }
    if wasEmpty { wake() }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() {
    precondition(isOnThread, "Called from outside the media worker's thread; use await")
  }

  func isIsolatingCurrentContext() -> Bool? { isOnThread }

  private var isOnThread: Bool { thread.load(ordering: .relaxed) == linux_current_thread() }

  func wake() { signal.raise() }

  func clearWake() { signal.clear() }

  /// The calling thread is the one from now on.
  func adoptThread() { thread.store(linux_current_thread(), ordering: .relaxed) }

  /// Runs what is enqueued.
  func runJobs() {
    let batch = jobs.withLock { jobs in
      let batch = jobs
      jobs = []
      return batch
    }
    for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
  }

  /// Starts a thread; it keeps what `body` keeps until it returns.
  static func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
    let entry = Unmanaged.passRetained(ThreadEntry(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runThreadEntry, entry.toOpaque())
    guard result == 0 else {
      entry.release()
      throw SystemFailure(call: "pthread_create", code: result)
    }
    pthread_detach(thread)
  }
}

private final class ThreadEntry: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// A function of its own: a closure would be given the isolation of where it is written, and die of it.
private func runThreadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let entry = Unmanaged<ThreadEntry>.fromOpaque(argument).takeRetainedValue()
  pthread_setname_np(pthread_self(), entry.name)
  entry.body()
  return nil
}
