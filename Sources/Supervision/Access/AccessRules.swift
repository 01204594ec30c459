/// The answer to "may he?".
package enum AccessDecision: Hashable, Sendable {
  case allowed
  case denied(Refusal)
}

/// Decides from values alone who may do what on which call. Asked anew at every act, never remembered.
package enum AccessRules {
  /// Rights that let somebody know of a call's existence.
  private static let seeing: Set<Permission> = [
    .view, .listen, .whisper, .barge, .takeover, .textWhisper, .mask,
  ]

  /// - Returns: `unknownCall` where nothing in force lets him even see the call, so that a refusal tells an outsider nothing.
  package static func decide(
    _ principal: Principal, _ permission: Permission, on facts: CallFacts, at now: Moment
  ) -> AccessDecision {
    guard principal.tenant == facts.tenant else { return .denied(.unknownCall) }
    let reaching = principal.grants.filter { $0.isInForce(at: now) && $0.scope.covers(facts) }
    guard reaching.contains(where: { !$0.permissions.isDisjoint(with: seeing) }) else {
      return .denied(.unknownCall)
    }
    if permission == .view || reaching.contains(where: { $0.permissions.contains(permission) }) {
      return .allowed
    }
    return .denied(.notPermitted(permission))
  }

  /// Whether a call exists for him at all.
  package static func sees(_ principal: Principal, _ facts: CallFacts, at now: Moment) -> Bool {
    decide(principal, .view, on: facts, at: now) == .allowed
  }

  /// Rights that aren't about a call: reviewing the audit.
  package static func decide(_ principal: Principal, _ permission: Permission, at now: Moment)
    -> AccessDecision
  {
    principal.grants.contains { $0.isInForce(at: now) && $0.permissions.contains(permission) }
      ? .allowed : .denied(.notPermitted(permission))
  }
}
