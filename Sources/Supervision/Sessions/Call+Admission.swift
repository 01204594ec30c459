/// May he, and on what? Every way to a supervision session, and every way up, passes here.
extension Call {
  package func session(_ id: SessionID) -> SupervisionSession? { sessions.first { $0.id == id } }

  func indexOf(_ id: SessionID) -> Int? { sessions.firstIndex { $0.id == id } }

  /// Somebody asks to supervise: refused with a reason and an entry, or admitted as soon as the audit has it.
  mutating func supervise(
    _ request: RequestID, _ wish: SuperviseRequest, _ ticket: SupervisionTicket, at now: Moment
  ) -> [CallEffect] {
    let lost = sessions.first { $0.principal.user == wish.principal.user && canResume($0, on: wish.device) }
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

  /// A lost supervisor may come back by any device. A browser's session goes on in another window or after a reload
  /// even if its connection isn't known to be lost: only he himself can ask for it (S3).
  private func canResume(_ session: SupervisionSession, on device: SupervisorDevice) -> Bool {
    if session.phase == .away { return true }
    guard case .webRTC = device, session.isBrowser else { return false }
    return session.phase == .live || session.phase == .connecting
  }

  private func admission(
    _ wish: SuperviseRequest, _ ticket: SupervisionTicket, returningTo lost: SupervisionSession?,
    at now: Moment
  ) -> Result<ParticipantID, Refusal> {
    let refusal = objection(
      to: lost.map { modeOnReturn($0, wish) } ?? wish.mode, by: wish.principal, of: lost?.id,
      wish.purpose ?? lost?.request.purpose, wish.reason ?? lost?.request.reason, at: now)
    if let refusal { return .failure(refusal) }
    if case .sip(let uri) = wish.device, let refusal = policy.objection(toDevice: uri) {
      return .failure(refusal)
    }
    if let lost {
      return lost.isHandling || modeOnReturn(lost, wish) == .listen
        ? .success(lost.target) : .failure(.alreadySupervising)
    }
    if ticket.isOverloaded { return .failure(.overloaded) }
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

  /// He listens again; who had the customer has him again. A phone says by its code what it wants, a browser reconnects.
  private func modeOnReturn(_ session: SupervisionSession, _ wish: SuperviseRequest) -> SupervisionMode {
    if session.isHandling { return .takeover }
    if case .webRTC = wish.device { return .listen }
    return wish.mode
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
      if transfer != nil || parked != nil { return .transferPending }
      guard participants.contains(where: { $0.role == .customer }) else { return .callNotActive }
    }
    return nil
  }

  func wantsTakeover(_ session: SupervisionSession) -> Bool {
    session.raise.flatMap { tickets[$0] } == .raise(session.id, session.pending, .takeover)
  }

  private mutating func admit(
    _ request: RequestID, _ wish: SuperviseRequest, _ ticket: SupervisionTicket, target: ParticipantID,
    returningTo lost: SupervisionSession?, at now: Moment
  ) -> [CallEffect] {
    let leg: LegID
    if case .dialledIn(let own, _, _) = wish.device { leg = own } else { leg = ticket.leg }
    let id = lost?.id ?? ticket.session
    var effects: [CallEffect] = []
    var wish = wish
    if let lost, let index = indexOf(lost.id) {
      effects = leaveConnection(index, at: now)
      wish.purpose = wish.purpose ?? lost.request.purpose
      wish.reason = wish.reason ?? lost.request.reason
      sessions[index].request = wish
      sessions[index].leg = leg
      sessions[index].isReturning = true
      sessions[index].mode = sessions[index].hasLostHandling ? .takeover : .listen
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
      if wish.mode == .whisper, asksBeforeWhisper(target), let index = indexOf(id) {
        sessions[index].mode = .listen
        sessions[index].wantsWhisper = true
      }
    }
    guard let index = indexOf(id) else { return [] }
    sessions[index].pending = request
    seatSupervisor(index, leg, wish)
    var entry = self.entry(
      .opened, of: sessions[index], at: now, outcome: lost == nil ? "admitted" : "returned")
    entry.purpose = wish.purpose
    entry.reason = wish.reason
    return effects + [.audit(entry, .gate, nextTicket(for: .open(id)))]
  }

  /// What is left of the connection that he comes back from is closed at once; he who has the customer keeps his place.
  private mutating func leaveConnection(_ index: Int, at now: Moment) -> [CallEffect] {
    let session = sessions[index]
    guard session.phase != .away else { return [] }
    let replaced = withdrawAsk(index) + answer(index, .failure(.callNotActive))
    if session.phase == .live { sessions[index].hasLostHandling = session.mode == .takeover }
    sessions[index].raise = nil
    sessions[index].wantsWhisper = false
    sessions[index].confirming = nil
    sessions[index].prompt = nil
    sessions[index].pause(at: clock(now))
    // What was counted up to here belongs to the mode that he was in.
    sessions[index].markBoundary(at: matrixRevision + 1)
    sessions[index].phase = .authorising
    legs[session.leg] = nil
    return reroute(always: true)
      + [.media(.closeLeg(session.leg)), .stopTimer(.browserConnect(session.id))] + replaced
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
