/// A point in time as the shell around the domain read it. The domain itself owns no clock.
package struct Moment: Hashable, Sendable, Codable, Comparable {
  /// Milliseconds since 1970-01-01T00:00Z. For people and for the audit; may jump.
  package var wall: Int64
  /// Milliseconds of a clock that never runs backwards. For durations.
  package var uptime: Int64

  package init(wall: Int64, uptime: Int64) {
    self.wall = wall
    self.uptime = uptime
  }

  package static func < (a: Self, b: Self) -> Bool { a.uptime < b.uptime }

  /// Milliseconds from `earlier` to this moment.
  package func milliseconds(since earlier: Moment) -> Int64 { uptime - earlier.uptime }
}
