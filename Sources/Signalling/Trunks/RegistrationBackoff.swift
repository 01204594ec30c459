/// How long to wait until a registration at a trunk is tried again. A value.
package struct RegistrationBackoff: Hashable, Sendable {
  /// Seconds.
  static let shortest = 5
  static let longest = 300

  private var failures = 0

  package init() {}

  /// Seconds until the next try: doubled with each failure. Wrong credentials don't get better by being repeated, and
  /// servers lock who repeats them.
  /// - Parameters:
  ///   - status: of the answer.
  ///   - retryAfter: what the server asked for, seconds.
  package mutating func delay(after status: Int, retryAfter: Int?) -> Int {
    failures += 1
    if [401, 403, 407].contains(status) { return Self.longest }
    if let retryAfter { return min(max(retryAfter, Self.shortest), 3600) }
    return min(Self.shortest << min(failures - 1, 10), Self.longest)
  }

  package mutating func succeeded() { failures = 0 }
}
