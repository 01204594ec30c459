import Supervision

/// Turns a proved INVITE into the plan of a call: who is who, what is known, where it leads. Pure but for what the
/// directory says at this moment.
struct CallPlanner {
  let directory: any Directory
  let ringTimeout: Int
  let presence: any Presence
  /// How often a request that doesn't say may be passed on (RFC 3261 section 8.1.1.6).
  private static let hops = 70
  /// Whether a page of an agent is open.
  let watches: @Sendable (UserID, TenantID) -> Bool

  /// What an INVITE leads to.
  enum Plan: Hashable, Sendable {
    case call(CallSetup)
    case supervise(FeatureCode, Principal)
    /// He takes a place in a call that is up.
    case arrive(Arrival)
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
    let caller = caller(of: invite)
    let place: Arrival.Place? =
      if let replaced = invite.replaces {
        .leg(replaced)
      } else {
        parkingPlace(invite.requestUser, from: invite.endpoint).map { .parked(slot: $0) }
      }
    if let place {
      guard let offer = invite.sdp else {
        return .refuse(.badDescription("the INVITE has no offer; send the session description in it"))
      }
      return .arrive(arrival(caller, offer, at: place, tenant))
    }
    guard
      let callee = callee(
        invite.requestUser, from: invite.endpoint, invite.headers, routing: invite.routingHeaders, calleeLeg)
    else {
      return .refuse(.noRoute(invite.requestUser))
    }
    var setup = CallSetup(
      id: id, facts: facts(invite, caller, callee), caller: caller.side, callee: callee.side,
      offer: invite.sdp,
      target: callee.target, callerIdentity: invite.caller, ringTimeout: ringTimeout,
      policy: directory.policy(tenant: tenant), maxForwards: (invite.maxForwards ?? Self.hops) - 1)
    setup.signalled = signalled(by: invite)
    return .call(setup)
  }

  /// Where a number leads that somebody on a call asks for: with his rights, as if he had dialled it.
  func route(_ number: String, from endpoint: Endpoint, leg: (LegTransport) -> LegID)
    -> Result<TransferRoute, Refusal>
  {
    if let slot = parkingPlace(number, from: endpoint) { return .success(.parking(slot: slot)) }
    guard FeatureCode(requestUser: number) == nil, let party = callee(number, from: endpoint, [:], leg) else {
      return .failure(.noRoute(number))
    }
    return .success(.party(party.side, party.target, hasPage: hasPage(party.side, endpoint.tenant)))
  }

  /// The name of the parking place that a number means; nil if it means none, or for a customer.
  private func parkingPlace(_ number: String, from endpoint: Endpoint) -> String? {
    let prefix = directory.policy(tenant: endpoint.tenant).parkPrefix
    let slot = number.dropFirst(prefix.count)
    guard !prefix.isEmpty, number.hasPrefix(prefix), (1...16).contains(slot.count),
      slot.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return nil }
    switch endpoint {
    case .user(let tenant, let name):
      return Self.party(directory.user(name, tenant: tenant)?.role) == .agent ? String(slot) : nil
    case .trunk(_, let name): return directory.trunk(name)?.isCustomerSide == false ? String(slot) : nil
    }
  }

  private func arrival(_ party: Party, _ offer: String, at place: Arrival.Place, _ tenant: TenantID)
    -> Arrival
  {
    Arrival(side: party.side, offer: offer, place: place, hasPage: hasPage(party.side, tenant))
  }

  /// Whether he can be asked or written to.
  private func hasPage(_ side: CallSetup.Side, _ tenant: TenantID) -> Bool {
    side.role == .agent && (side.transport == .webRTC || watches(UserID(side.address), tenant))
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
        transport: invite.transport, endpoint: invite.endpoint, placement: Placement(of: user)), user: user)
  }

  /// The routing table first, then the users of the tenant.
  private func callee(
    _ number: String, from endpoint: Endpoint, _ headers: [String: String], routing: [String: String] = [:],
    _ leg: (LegTransport) -> LegID
  ) -> Party? {
    let tenant = endpoint.tenant
    var from: String?
    if case .trunk(_, let name) = endpoint { from = name }
    let request = DialPlan.Request(number, from: from, headers: routing)
    switch directory.dialPlan(tenant: tenant).route(request)?.goal ?? .user(UserID(number)) {
    case .user(let name):
      guard let user = directory.user(name, tenant: tenant) else { return nil }
      let transport = presence.transport(of: name, tenant: tenant)
      return Party(
        side: .init(
          leg: leg(transport), role: Self.party(user.role), address: name.value, name: user.principal.name,
          sources: SourcePolicy(signallingAddress: nil), transport: transport,
          endpoint: .user(tenant, name), placement: Placement(of: user)),
        user: user, target: .user(tenant, name))
    case .trunk(let name, let asked):
      guard let trunk = directory.trunk(name), trunk.tenant == tenant else { return nil }
      let agent = trunk.isCustomerSide ? nil : header(\.agent, headers, from: endpoint)
      let user = agent.flatMap { directory.user(UserID($0), tenant: tenant) }
      let address = agent ?? asked
      return Party(
        side: .init(
          leg: leg(.rtp), role: trunk.isCustomerSide ? .customer : .agent, address: address,
          name: user?.principal.name ?? address,
          sources: SourcePolicy(signallingAddress: nil, learnAny: trunk.learnAny),
          endpoint: .trunk(tenant, name), placement: Placement(of: user)),
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
    var facts = CallFacts(
      tenant: invite.endpoint.tenant, direction: direction,
      customerTier: header(\.customerTier, invite.headers, from: invite.endpoint),
      customerNumber: sides.first { $0.role == .customer }?.address,
      agents: sides.filter { $0.role == .agent }.map(\.address))
    facts.place(signalled(by: invite).or(Placement(of: agent)))
    return facts
  }

  private func signalled(by invite: IncomingInvite) -> Placement {
    let said = { (fact: KeyPath<HeaderMap, String>) in header(fact, invite.headers, from: invite.endpoint) }
    return Placement(
      queue: said(\.queue), campaign: said(\.campaign), team: said(\.team), site: said(\.site),
      language: said(\.language))
  }

  private func header(
    _ fact: KeyPath<HeaderMap, String>, _ headers: [String: String], from endpoint: Endpoint
  ) -> String? {
    guard case .trunk(_, let name) = endpoint, let map = directory.trunk(name)?.headers else { return nil }
    return headers[map[keyPath: fact]].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension Placement {
  fileprivate init(of user: DirectoryUser?) {
    self.init(
      queue: user?.queue, campaign: user?.campaign, team: user?.team, site: user?.site,
      language: user?.language)
  }
}
