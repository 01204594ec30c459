/// Whether a next hop is there. It takes two signs in a row to believe the contrary, so that one lost datagram doesn't
/// turn the calls of a centre round. A value.
package struct HopHealth: Hashable, Sendable {
  /// Signs in a row that it takes.
  static let enough = 2

  /// At first taken for there: calls must not wait for the first check.
  package private(set) var isUp = true
  private var against = 0

  package init() {}

  /// Takes one sign.
  /// - Returns: whether the verdict has changed.
  package mutating func note(isAlive: Bool) -> Bool {
    guard isAlive != isUp else {
      against = 0
      return false
    }
    against += 1
    guard against >= Self.enough else { return false }
    isUp = isAlive
    against = 0
    return true
  }

  /// Whether an answer is a sign of life. Whoever refuses the question is there all the same; not so who says himself
  /// that he can't serve, or that somebody behind him doesn't.
  /// - Parameter isLocal: the library has made the answer: nobody answered.
  package static func isAlive(_ status: Int, isLocal: Bool) -> Bool {
    !isLocal && ![408, 500, 502, 503, 504].contains(status)
  }
}
