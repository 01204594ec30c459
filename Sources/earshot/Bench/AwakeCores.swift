import CLinux
import Foundation
import Locking

/// Keeps the cores of a virtual machine from going to sleep while figures are taken. A core that sleeps is given back to
/// the host; to get it again costs whoever sends it something 20 to 50 µs of his own CPU time, and at times milliseconds of
/// delay, so that a server with little to do seemed to cost more than twice what it costs. One thread for each core does
/// nothing, and only when nobody else wants to do anything (SCHED_IDLE, sched(7)). The kernel's own threads still may wait for
/// seconds, so this is no good where something is written to the disk.
final class AwakeCores: Sendable {
  private let isOver = Lock(false)

  /// Awake from here on.
  init(_ cores: [Int]) {
    for core in cores { Thread.detachNewThread { self.spin(on: core) } }
  }

  /// They may sleep again.
  func end() { isOver.withLock { $0 = true } }

  private func spin(on core: Int) {
    CPUCores.pinThread(to: core)
    var lowest = sched_param()
    // Otherwise it would take half a core from those who are measured.
    guard sched_setscheduler(0, SCHED_IDLE, &lowest) == 0 else { return }
    pthread_setname_np(pthread_self(), "awake")
    while !isOver.withLock({ $0 }) { for _ in 0..<10_000 { linux_relax() } }
  }
}
