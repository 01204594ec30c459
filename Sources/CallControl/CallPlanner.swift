import Supervision

/// Turns a proved INVITE into the plan of a call: who is who, what is known, where it leads. Pure but for what the
/// directory says at this moment.
struct CallPlanner {
  let directory: any Directory
  let ringTimeout: Int
  let presence: any Presence
  /// How often a request that doesn't say may be passed on (RFC 3261 section 8.1.1.6).
  private static let hops = 70

  /// What an INVITE leads to.
  enum Plan: Hashable, Sendable {
    case call(CallSetup)
    case supervise(FeatureCode, Principal)
    case refuse(Refusal)
  }

  /// - Parameter calleeLeg: gives a leg that travels so.
  func plan(_ invite: IncomingInvite, call id: CallID, calleeLeg: (LegTransport) -> LegID) -> Plan {
    let tenant = invite.endpoint.tenant
    if let code = FeatureCode(requestUser: invite.requestUser) {
      guard case .user(_, let name) = invite.endpoint, let user = directory.user(name, tenant: tenant) else {
        return .refuse(.notPermitted(code.mode.permission))
      }
      return .supervise(code, user.principal)
    }
    guard let callee = callee(of: invite, calleeLeg) else {
      return .refuse(.noRoute(invite.requestUser))
    }
    let caller = caller(of: invite)
    return .call(
      CallSetup(
        id: id, facts: facts(invite, caller, callee), caller: caller.side, callee: callee.side,
        offer: invite.sdp,
        target: callee.target, callerIdentity: invite.caller, ringTimeout: ringTimeout,
        policy: directory.policy(tenant: tenant), maxForwards: (invite.maxForwards ?? Self.hops) - 1))
  }

  private struct Party {
    var side: CallSetup.Side
    var user: DirectoryUser?
    var target = DialTarget.uri("")
  }

  private func caller(of invite: IncomingInvite) -> Party {
    let role: Role
    var user: DirectoryUser?
    var learnAny = false
    switch invite.endpoint {
    case .user(let tenant, let name):
      user = directory.user(name, tenant: tenant)
      role = Self.party(user?.role)
    case .trunk(_, let name):
      let trunk = directory.trunk(name)
      role = trunk?.isCustomerSide == false ? .agent : .customer
      learnAny = trunk?.learnAny ?? false
    }
    let address = user?.principal.user.value ?? invite.caller.user
    let name = user?.principal.name ?? (invite.caller.name.isEmpty ? address : invite.caller.name)
    let sources = SourcePolicy(signallingAddress: invite.sourceAddress, learnAny: learnAny)
    return Party(
      side: .init(
        leg: invite.leg, role: role, address: address, name: name, sources: sources,
        transport: invite.transport), user: user)
  }

  /// The routing table first, then the users of the tenant.
  private func callee(of invite: IncomingInvite, _ leg: (LegTransport) -> LegID) -> Party? {
    let tenant = invite.endpoint.tenant
    let number = invite.requestUser
    var from: String?
    if case .trunk(_, let name) = invite.endpoint { from = name }
    let request = DialPlan.Request(number, from: from, headers: invite.routingHeaders)
    switch directory.dialPlan(tenant: tenant).route(request)?.goal ?? .user(UserID(number)) {
    case .user(let name):
      guard let user = directory.user(name, tenant: tenant) else { return nil }
      let transport = presence.transport(of: name, tenant: tenant)
      return Party(
        side: .init(
          leg: leg(transport), role: Self.party(user.role), address: name.value, name: user.principal.name,
          sources: SourcePolicy(signallingAddress: nil), transport: transport),
        user: user, target: .user(tenant, name))
    case .trunk(let name, let asked):
      guard let trunk = directory.trunk(name), trunk.tenant == tenant else { return nil }
      let agent = trunk.isCustomerSide ? nil : header(\.agent, of: invite)
      let user = agent.flatMap { directory.user(UserID($0), tenant: tenant) }
      let address = agent ?? asked
      return Party(
        side: .init(
          leg: leg(.rtp), role: trunk.isCustomerSide ? .customer : .agent, address: address,
          name: user?.principal.name ?? address,
          sources: SourcePolicy(signallingAddress: nil, learnAny: trunk.learnAny)),
        user: user, target: .nextHop(name, user: asked))
    }
  }

  /// Everyone who works at the centre is an agent on a call of his own, supervisors too.
  private static func party(_ role: Role?) -> Role { role == .customer ? .customer : .agent }

  /// What the trunk says counts more than what the directory knows of the agent (S5).
  private func facts(_ invite: IncomingInvite, _ caller: Party, _ callee: Party) -> CallFacts {
    let sides = [caller.side, callee.side]
    let agent = [callee, caller].first { $0.side.role == .agent }?.user
    let direction: CallDirection =
      switch (caller.side.role, callee.side.role) {
      case (.customer, _): .inbound
      case (_, .customer): .outbound
      default: .internal
      }
    return CallFacts(
      tenant: invite.endpoint.tenant, direction: direction,
      queue: header(\.queue, of: invite) ?? agent?.queue,
      campaign: header(\.campaign, of: invite) ?? agent?.campaign,
      team: header(\.team, of: invite) ?? agent?.team, site: header(\.site, of: invite) ?? agent?.site,
      language: header(\.language, of: invite) ?? agent?.language,
      customerTier: header(\.customerTier, of: invite),
      customerNumber: sides.first { $0.role == .customer }?.address,
      agents: sides.filter { $0.role == .agent }.map(\.address))
  }

  private func header(_ fact: KeyPath<HeaderMap, String>, of invite: IncomingInvite) -> String? {
    guard case .trunk(_, let name) = invite.endpoint, let map = directory.trunk(name)?.headers else {
      return nil
    }
    return invite.headers[map[keyPath: fact]].flatMap { $0.isEmpty ? nil : $0 }
  }
}
