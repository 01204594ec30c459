/// A reason to look at a call (Q1).
package struct CallFlag: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case helpAsked = "help-asked"
    case longHold = "long-hold"
    case longCall = "long-call"
    case customerTier = "customer-tier"
  }

  package var kind: Kind
  /// From when on it holds, ms since 1970. May lie ahead, so that a page can show it in time without being told again.
  package var at: Int64
  /// For people.
  package var reason: String

  package init(kind: Kind, at: Int64, reason: String) {
    self.kind = kind
    self.at = at
    self.reason = reason
  }
}

/// Which calls ask for a supervisor's eye, and why. From values alone.
package enum Attention {
  /// In the order of their weight; none for a call that is over.
  package static func flags(of call: CallSnapshot, policy: Policy) -> [CallFlag] {
    guard call.phase != .ending, call.phase != .ended else { return [] }
    return [help(call), longHold(call, policy), longCall(call, policy), tier(call, policy)].compactMap(\.self)
  }

  private static func help(_ call: CallSnapshot) -> CallFlag? {
    call.hand.map { hand in
      let name = call.participants.first { $0.id == hand.agent }?.name ?? "The agent"
      let word = hand.word.map { ": \($0)" } ?? ""
      return CallFlag(kind: .helpAsked, at: hand.since.wall, reason: "\(name) asks for help\(word)")
    }
  }

  /// A customer who holds the line himself isn't kept waiting.
  private static func longHold(_ call: CallSnapshot, _ policy: Policy) -> CallFlag? {
    if let parked = call.parked {
      return CallFlag(
        kind: .longHold, at: parked.since.wall + Int64(policy.longHold) * 1_000,
        reason: "Parked for more than \(policy.longHold) s")
    }
    let customers = call.participants.filter { $0.role == .customer }.map(\.id)
    guard let since = call.heldSince, call.heldBy.contains(where: { !customers.contains($0) }) else {
      return nil
    }
    return CallFlag(
      kind: .longHold, at: since.wall + Int64(policy.longHold) * 1_000,
      reason: "On hold for more than \(policy.longHold) s")
  }

  private static func longCall(_ call: CallSnapshot, _ policy: Policy) -> CallFlag? {
    call.answered.map { answered in
      CallFlag(
        kind: .longCall, at: answered.wall + Int64(policy.longCall) * 1_000,
        reason: "Longer than \(policy.longCall) s")
    }
  }

  private static func tier(_ call: CallSnapshot, _ policy: Policy) -> CallFlag? {
    guard let tier = call.facts.customerTier, policy.flaggedTiers.contains(tier.lowercased()) else {
      return nil
    }
    return CallFlag(kind: .customerTier, at: call.created.wall, reason: "Customer tier: \(tier)")
  }
}
