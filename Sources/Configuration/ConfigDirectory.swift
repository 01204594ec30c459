import Supervision

/// The users, grants and rules of a configuration.
package struct ConfigDirectory: Directory {
  private let users: [TenantID: [UserID: DirectoryUser]]
  private let policies: [TenantID: Policy]
  private let dialPlans: [TenantID: DialPlan]
  private let trunks: [String: DirectoryTrunk]
  private let tokens: [(bytes: [UInt8], principal: Principal)]
  private let signIns: [(name: [UInt8], password: [UInt8], user: DirectoryUser)]

  package init(_ configuration: Configuration) {
    let users = configuration.users.map(DirectoryUser.init)
    self.users = Dictionary(grouping: users, by: \.principal.tenant).mapValues { users in
      Dictionary(users.map { ($0.principal.user, $0) }, uniquingKeysWith: { first, _ in first })
    }
    policies = Dictionary(
      configuration.tenants.map { ($0.name, $0.policy) }, uniquingKeysWith: { first, _ in first })
    dialPlans = Dictionary(grouping: configuration.routing, by: \.tenant).mapValues { rules in
      DialPlan(rules: rules.map(\.rule))
    }
    trunks = Dictionary(
      configuration.trunks.map { ($0.name, DirectoryTrunk($0, headers: configuration.headers)) },
      uniquingKeysWith: { first, _ in first })
    tokens = zip(configuration.users, users).compactMap { user, known in
      user.token.map { (Array($0.utf8), known.principal) }
    }
    signIns = zip(configuration.users, users).compactMap { user, known in
      user.password.map { (Array(user.name.value.utf8), Array($0.utf8), known) }
    }
  }

  /// Looks at every byte of every token, whichever fits: the time tells nothing of how near a guess was.
  package func principal(token: String) -> Principal? {
    let guess = Array(token.utf8)
    var found: Principal?
    for (bytes, principal) in tokens where Self.areEqual(bytes, guess) { found = principal }
    return found
  }

  /// Looks at every user's name and password, whichever fits, like `principal(token:)`.
  package func user(name: String, password: String) -> DirectoryUser? {
    let (name, guess) = (Array(name.utf8), Array(password.utf8))
    var found: DirectoryUser?
    for entry in signIns {
      let isHim = Self.areEqual(entry.name, name)
      let fits = Self.areEqual(entry.password, guess)
      if isHim && fits { found = entry.user }
    }
    return found
  }

  package func user(_ id: UserID, tenant: TenantID) -> DirectoryUser? { users[tenant]?[id] }

  /// The defaults where the tenant isn't known: they are the strictest.
  package func policy(tenant: TenantID) -> Policy { policies[tenant] ?? Policy() }

  package func dialPlan(tenant: TenantID) -> DialPlan { dialPlans[tenant] ?? DialPlan() }

  package func trunk(_ name: String) -> DirectoryTrunk? { trunks[name] }

  /// In a time that depends on the length of the guess alone.
  static func areEqual(_ secret: [UInt8], _ guess: [UInt8]) -> Bool {
    var difference = secret.count ^ guess.count
    for index in guess.indices {
      difference |= Int(guess[index] ^ (secret.isEmpty ? 0 : secret[index % secret.count]))
    }
    return difference == 0
  }
}

extension DirectoryTrunk {
  init(_ trunk: TrunkConfiguration, headers: HeaderMap) {
    self.init(
      tenant: trunk.tenant, isCustomerSide: trunk.customerSide, learnAny: trunk.learn == .any,
      headers: headers)
  }
}

extension DirectoryUser {
  init(_ user: UserConfiguration) {
    self.init(
      principal: Principal(
        user: user.name, name: user.displayName, tenant: user.tenant, grants: user.grants),
      role: user.role, team: user.team, site: user.site, queue: user.queue, campaign: user.campaign,
      language: user.language)
  }
}
