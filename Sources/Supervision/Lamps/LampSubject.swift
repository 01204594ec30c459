/// Whose state a lamp shows, and which.
package enum LampSubject: Hashable, Sendable {
  /// The calls of this user.
  case phone(UserID)
  /// Whether somebody supervises a call of this agent, as far as he may know (A7).
  case notice(UserID)

  /// What stands before a user's name for his notice.
  package static let noticePrefix = "monitored-"

  /// - Parameter address: user part of the address that a phone asks for: `anna`, `monitored-anna`.
  /// - Parameter isUser: whether the tenant has a user of this name; such a name means him, whatever it begins with.
  package init(_ address: String, isUser: (UserID) -> Bool) {
    if !isUser(UserID(address)), address.hasPrefix(Self.noticePrefix) {
      self = .notice(UserID(String(address.dropFirst(Self.noticePrefix.count))))
    } else {
      self = .phone(UserID(address))
    }
  }

  package var user: UserID {
    switch self {
    case .phone(let user), .notice(let user): user
    }
  }

  /// Whether `principal` may look at it at all. A user out of his scope is answered like one that there isn't.
  package func objection(to principal: Principal, _ user: DirectoryUser?, at now: Moment) -> Refusal? {
    guard let user else { return .noRoute(self.user.value) }
    if principal.user == user.principal.user { return nil }
    guard case .phone = self, AccessRules.sees(principal, user.usualCall, at: now) else {
      return .noRoute(self.user.value)
    }
    return nil
  }

  /// What `principal` sees of it in one call.
  package func dialog(in call: CallSnapshot, for principal: Principal, policy: Policy, at now: Moment)
    -> LampDialog?
  {
    guard call.facts.tenant == principal.tenant else { return nil }
    switch self {
    case .notice(let user): return LampDialog(noticeFor: user.value, in: call, policy: policy)
    case .phone(let user):
      guard principal.user == user || AccessRules.sees(principal, call.facts, at: now) else { return nil }
      return LampDialog(phoneOf: user.value, in: call)
    }
  }
}

extension DirectoryUser {
  /// A call as he has them where nothing else is said: by it a scope reaches him or doesn't.
  fileprivate var usualCall: CallFacts {
    var facts = CallFacts(tenant: principal.tenant, direction: .inbound, agents: [principal.user.value])
    facts.place(
      Placement(queue: queue, campaign: campaign, team: team, site: site, language: language))
    return facts
  }
}
