import Supervision

/// Which call a leg belongs to, and whose it is. A call that is over is forgotten without a look at the legs of others.
struct LegTable: Sendable {
  /// More calls at once than a person has: a machine's, which are spread over the workers as all others are.
  private static let mostOfOne = 4

  private var calls: [LegID: CallID] = [:]
  /// Also those that have gone on to another call.
  private var legs: [CallID: [LegID]] = [:]
  private var users: [LegID: Endpoint] = [:]
  private var legsOfUser: [Endpoint: Set<LegID>] = [:]

  var count: Int { calls.count }

  subscript(leg: LegID) -> CallID? { calls[leg] }

  /// - Parameter endpoint: whose it is; only users are remembered, for behind a trunk is anybody.
  mutating func assign(_ leg: LegID, to call: CallID, of endpoint: Endpoint? = nil) {
    calls[leg] = call
    legs[call, default: []].append(leg)
    guard let endpoint, case .user = endpoint else { return }
    users[leg] = endpoint
    legsOfUser[endpoint, default: []].insert(leg)
  }

  /// A call of one of these users: what he may bring together belongs on one worker.
  func companion(of endpoints: [Endpoint?]) -> CallID? {
    for case let endpoint? in endpoints {
      guard let own = legsOfUser[endpoint], own.count <= Self.mostOfOne else { continue }
      if let latest = own.max(by: { $0.value < $1.value }) { return calls[latest] }
    }
    return nil
  }

  mutating func forget(_ call: CallID) {
    for leg in legs.removeValue(forKey: call) ?? [] where calls[leg] == call {
      calls[leg] = nil
      guard let user = users.removeValue(forKey: leg) else { continue }
      legsOfUser[user]?.remove(leg)
      if legsOfUser[user]?.isEmpty == true { legsOfUser[user] = nil }
    }
  }
}
