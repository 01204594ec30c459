import Synchronization

/// How long a worker has been at work since its start, told by its thread and read by any: time between waking and
/// waiting, so what others on the machine have taken from it meanwhile counts too.
final class BusyTime: Sendable {
  private let nanoseconds = Atomic<Int64>(0)

  var value: Int64 { nanoseconds.load(ordering: .relaxed) }

  /// By the worker alone.
  @inline(__always)
  func add(_ time: Nanoseconds) {
    nanoseconds.store(nanoseconds.load(ordering: .relaxed) &+ time, ordering: .relaxed)
  }
}
