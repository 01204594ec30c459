/// May he, and on what? Every way to a supervision session, and every way up, passes here.
extension Call {
  package func session(_ id: SessionID) -> SupervisionSession? { sessions.first { $0.id == id } }

  func indexOf(_ id: SessionID) -> Int? { sessions.firstIndex { $0.id == id } }

  /// Somebody asks to supervise: refused with a reason and an entry, or admitted as soon as the audit has it.
  mutating func supervise(
    _ request: RequestID, _ wish: SuperviseRequest, _ ticket: SupervisionTicket, at now: Moment
  ) -> [CallEffect] {
    let lost = sessions.first { $0.principal.user == wish.principal.user && $0.phase == .away }
    switch admission(wish, ticket, returningTo: lost, at: now) {
    case .failure(let refusal):
      var entry = self.entry(.refused, of: wish, at: now, outcome: refusal.explanation)
      entry.session = lost?.id
      return turnAway(wish) { .signalling(.refuse($0, refusal)) } + [
        .audit(entry, .after, nil), .reply(request, .failure(refusal)),
      ]
    case .success(let target):
      return admit(request, wish, ticket, target: target, returningTo: lost, at: now)
    }
  }

  private func admission(
    _ wish: SuperviseRequest, _ ticket: SupervisionTicket, returningTo lost: SupervisionSession?,
    at now: Moment
  ) -> Result<ParticipantID, Refusal> {
    if let refusal = objection(to: wish.mode, by: wish.principal, of: nil, wish.purpose, wish.reason, at: now)
    {
      return .failure(refusal)
    }
    if case .sip(let uri) = wish.device, let refusal = policy.objection(toDevice: uri) {
      return .failure(refusal)
    }
    if let lost {
      return lost.mode == .takeover || wish.mode == .listen
        ? .success(lost.target) : .failure(.alreadySupervising)
    }
    let here = sessions.contains { $0.principal.user == wish.principal.user && $0.isOpen }
    if here || (ticket.isEngagedElsewhere && !policy.severalCallsPerSupervisor) {
      return .failure(.alreadySupervising)
    }
    let target =
      wish.target.map { name in participants.first { $0.role == .agent && $0.address == name } }
      ?? defaultTarget
    guard let target else { return .failure(wish.target == nil ? .agentReleased : .noCallForAgent) }
    return .success(target.id)
  }

  /// What stands against somebody's being in `mode` on this call now; nil if nothing does.
  func objection(
    to mode: SupervisionMode, by principal: Principal, of own: SessionID?, _ purpose: String?,
    _ reason: String?,
    at now: Moment
  ) -> Refusal? {
    if case .denied(let refusal) = AccessRules.decide(principal, mode.permission, on: facts, at: now) {
      return refusal
    }
    guard phase == .answered else { return .callNotActive }
    if policy.purposeRequired.contains(mode), (purpose ?? "").isEmpty { return .statementMissing("purpose") }
    if policy.reasonRequired.contains(mode), (reason ?? "").isEmpty { return .statementMissing("reason") }
    if mode == .takeover {
      let other = sessions.contains { session in
        session.id != own && session.principal.user != principal.user && session.isOpen
          && (session.mode == .takeover || wantsTakeover(session))
      }
      if other { return .alreadyTakenOver }
      guard participants.contains(where: { $0.role == .customer }) else { return .callNotActive }
    }
    return nil
  }

  private func wantsTakeover(_ session: SupervisionSession) -> Bool {
    session.raise.flatMap { tickets[$0] } == .raise(session.id, session.pending, .takeover)
  }

  private mutating func admit(
    _ request: RequestID, _ wish: SuperviseRequest, _ ticket: SupervisionTicket, target: ParticipantID,
    returningTo lost: SupervisionSession?, at now: Moment
  ) -> [CallEffect] {
    let leg: LegID
    if case .dialledIn(let own, _, _) = wish.device { leg = own } else { leg = ticket.leg }
    let id = lost?.id ?? ticket.session
    if let lost, let index = indexOf(lost.id) {
      sessions[index].request = wish
      sessions[index].leg = leg
      sessions[index].isReturning = true
      sessions[index].mode = lost.mode == .takeover ? .takeover : .listen
      sessions[index].phase = .authorising
    } else {
      let participant = nextParticipant()
      guard let agent = self.participant(target) else { return [] }
      sessions.append(
        SupervisionSession(
          id: id, participant: participant, agent: agent, leg: leg, request: wish, started: now))
      participants.append(
        Participant(
          id: participant, role: .supervisor, address: wish.principal.user.value, name: wish.principal.name,
          leg: leg))
    }
    guard let index = indexOf(id) else { return [] }
    sessions[index].pending = request
    seatSupervisor(index, leg, wish)
    var entry = self.entry(
      .opened, of: sessions[index], at: now, outcome: lost == nil ? "admitted" : "returned")
    entry.purpose = wish.purpose
    entry.reason = wish.reason
    return [.audit(entry, .gate, nextTicket(for: .open(id)))]
  }

  /// A leg that has dialled in is there from now on: he may hang up while the audit is being written.
  private mutating func seatSupervisor(_ index: Int, _ leg: LegID, _ wish: SuperviseRequest) {
    let participant = sessions[index].participant
    if let place = participants.firstIndex(where: { $0.id == participant }) {
      participants[place].leg = leg
      participants[place].direction = .sendrecv
      seated[leg] = participants[place]
    }
    guard case .dialledIn(_, _, let address) = wish.device else { return }
    legs[leg] = Leg(
      id: leg, participant: participant, purpose: .supervisor(sessions[index].id), phase: .offering,
      sources: SourcePolicy(signallingAddress: address))
  }

  /// Nothing is left half-done: a leg that dialled in gets its final answer.
  func turnAway(_ wish: SuperviseRequest, _ farewell: (LegID) -> CallEffect) -> [CallEffect] {
    if case .dialledIn(let leg, _, _) = wish.device { [farewell(leg)] } else { [] }
  }
}
