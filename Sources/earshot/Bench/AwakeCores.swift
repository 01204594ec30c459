import CLinux
import Glibc
import Locking

/// Keeps the cores of a virtual machine from going to sleep while figures are taken. A core that sleeps is given back to
/// the host; to get it again costs whoever sends it something 20 to 50 µs of his own CPU time, and at times milliseconds of
/// delay, so that a server with little to do seemed to cost more than twice what it costs. One thread for each core does
/// nothing, and only when nobody else wants to do anything (SCHED_IDLE, sched(7)). The kernel's own threads still may wait for
/// seconds, so this is no good where something is written to the disk.
final class AwakeCores: Sendable {
  private let isOver = Lock(false)
  private let cores: [Int]

  /// Awake from here on.
  init(_ cores: [Int]) {
    self.cores = cores
    for core in cores { start(on: core) }
  }

  /// They may sleep again.
  func end() { isOver.withLock { $0 = true } }

  private func start(on core: Int) {
    let body = Unmanaged.passRetained(Body(isOver: { [self] in isOver.withLock { $0 } }, core: core))
    var thread = pthread_t()
    guard pthread_create(&thread, nil, stayAwake, body.toOpaque()) == 0 else { return body.release() }
    pthread_detach(thread)
  }

  /// What a thread takes with it.
  fileprivate final class Body: Sendable {
    let isOver: @Sendable () -> Bool
    let core: Int

    init(isOver: @escaping @Sendable () -> Bool, core: Int) {
      self.isOver = isOver
      self.core = core
    }

    func run() {
      CPUCores.pinThread(to: core)
      var lowest = sched_param()
      // Otherwise it would take half a core from those who are measured.
      guard sched_setscheduler(0, SCHED_IDLE, &lowest) == 0 else { return }
      pthread_setname_np(pthread_self(), "awake")
      while !isOver() { for _ in 0..<10_000 { linux_relax() } }
    }
  }
}

private func stayAwake(_ body: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let body else { return nil }
  Unmanaged<AwakeCores.Body>.fromOpaque(body).takeRetainedValue().run()
  return nil
}
