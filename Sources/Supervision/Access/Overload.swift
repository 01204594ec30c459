/// What a node that has too much to do no longer begins (X5): supervision first, then calls. What is there already is
/// never touched, nor who comes back to it.
package struct Overload: Hashable, Sendable {
  /// From which load on; shares of the busiest media worker's time, 0 to 1. More than 1: never.
  package struct Limits: Hashable, Sendable {
    package var supervision = 0.75
    package var calls = 0.9

    package init() {}
  }

  package enum Level: Int, Hashable, Sendable, Comparable {
    case none
    /// No supervision is begun.
    case noSupervision
    /// Nor a call.
    case noCalls

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  /// The part of its limit that the load must have come below until something may be begun again: one that is let in must not shut
  /// the door behind itself, and leave it open to the next.
  private static let relief = 0.85

  package let limits: Limits
  package private(set) var level = Level.none
  /// Smoothed over some three readings: a burst is no load.
  package private(set) var load = 0.0

  package init(_ limits: Limits) { self.limits = limits }

  /// Takes a reading.
  package mutating func observe(_ reading: Double) {
    load += (min(max(reading, 0), 1) - load) / 2
    let reached = reach(load, of: 1)
    level = reached >= level ? reached : max(reached, reach(load, of: Self.relief))
  }

  private func reach(_ load: Double, of share: Double) -> Level {
    if load >= limits.calls * share { return .noCalls }
    return load >= limits.supervision * share ? .noSupervision : .none
  }
}
