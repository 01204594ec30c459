import Supervision

/// Which call a leg belongs to. A call that is over is forgotten without a look at the legs of others.
struct LegTable: Sendable {
  private var calls: [LegID: CallID] = [:]
  /// Also those that have gone on to another call.
  private var legs: [CallID: [LegID]] = [:]

  var count: Int { calls.count }

  subscript(leg: LegID) -> CallID? { calls[leg] }

  mutating func assign(_ leg: LegID, to call: CallID) {
    calls[leg] = call
    legs[call, default: []].append(leg)
  }

  mutating func forget(_ call: CallID) {
    for leg in legs.removeValue(forKey: call) ?? [] where calls[leg] == call { calls[leg] = nil }
  }
}
