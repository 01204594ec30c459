/// How much a supervisor takes part. Ordered: going up is always an explicit act (M7).
package enum SupervisionMode: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
  /// Hears the call, is heard by nobody.
  case listen
  /// Hears the call, is heard by the agent alone.
  case whisper
  /// Everybody hears everybody.
  case barge
  /// Stands in the agent's place towards the customer.
  case takeover

  private var rank: Int {
    switch self {
    case .listen: 0
    case .whisper: 1
    case .barge: 2
    case .takeover: 3
    }
  }

  package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

  /// The right that this mode needs.
  package var permission: Permission {
    switch self {
    case .listen: .listen
    case .whisper: .whisper
    case .barge: .barge
    case .takeover: .takeover
    }
  }
}
