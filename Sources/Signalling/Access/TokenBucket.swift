/// Lets a burst through and then so many a second; counts what it held back. A value: its owner gives the time.
package struct TokenBucket: Hashable, Sendable {
  private let capacity: Double
  private let perSecond: Double
  private var tokens: Double
  private var last: UInt64?
  /// Held back since the last `take` that was granted.
  package private(set) var held = 0

  package init(capacity: Int, perSecond: Double) {
    self.capacity = Double(capacity)
    self.perSecond = perSecond
    tokens = Double(capacity)
  }

  /// `now`: milliseconds of a clock that never runs backwards. Returns how many were held back before this one, or
  /// nil if this one is held back too.
  package mutating func take(at now: UInt64) -> Int? {
    if let last, now > last { tokens = min(capacity, tokens + Double(now - last) / 1000 * perSecond) }
    last = max(last ?? now, now)
    guard tokens >= 1 else {
      held += 1
      return nil
    }
    tokens -= 1
    defer { held = 0 }
    return held
  }
}
