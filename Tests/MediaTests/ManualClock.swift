import Synchronization

/// Time as the test lets it pass.
final class ManualClock: Sendable {
  private let value = Atomic<Int64>(1_000_000_000_000)

  var now: Int64 { value.load(ordering: .acquiring) }

  func advance(ms: Double) { value.wrappingAdd(Int64(ms * 1e6), ordering: .acquiringAndReleasing) }
}
