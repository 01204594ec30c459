/// How a session ends: sound first, then the books.
extension Call {
  mutating func leave(
    _ request: RequestID, _ id: SessionID, by principal: Principal, _ origin: ActOrigin, at now: Moment
  ) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].principal.user == principal.user,
      sessions[index].principal.tenant == principal.tenant
    else { return [.reply(request, .failure(.unknownSession))] }
    sessions[index].request.origin = origin
    let effects = close(id, because: "left", at: now)
    return effects + [.reply(request, .success(snapshot(of: sessions[index])))]
  }

  /// Ends a session in whatever phase. Where it had the customer, the agent gets him back; where there is no agent
  /// any more, the call ends: nobody is left alone on a line.
  mutating func close(_ id: SessionID, because reason: String, at now: Moment) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].isOpen else { return [] }
    let session = sessions[index]
    sessions[index].pause(at: clock(now))
    sessions[index].endReason = reason
    sessions[index].phase = .closing
    sessions[index].prompt = nil
    sessions[index].raise = nil
    sessions[index].asking = nil
    let handedBack = session.isHandling && participant(session.target)?.role == .agent
    if session.isHandling { handler = handedBack ? session.target : nil }
    participants.removeAll { $0.id == session.participant }
    var effects = reroute()
    effects += hangUp(session.leg, HangupReason(cause: 200, text: "Supervision ended: \(reason)"))
    effects.append(.media(.closeLeg(session.leg)))
    effects += CallTimer.all(of: id).map { .stopTimer($0) }
    effects += answer(index, .failure(.callNotActive))
    effects += settle(index, session, at: now)
    if session.isHandling, !handedBack, !isOver {
      effects += end(
        HangupReason(cause: 200, text: "The supervisor who had taken over left: \(reason)"), at: now)
    }
    return effects
  }

  /// The closing entry, where it need not wait for the counters of a leg that is still being closed.
  private mutating func settle(_ index: Int, _ session: SupervisionSession, at now: Moment) -> [CallEffect] {
    switch session.phase {
    case .live: return []
    case .authorising where !session.hasBeenLive && !session.isReturning:
      // Its entry is being written; `withdrawn` will answer it.
      sessions[index].phase = .ended
      return []
    default:
      sessions[index].phase = .ended
      let action = session.hasBeenLive ? AuditAction.closed : .abandoned
      return [.audit(closingEntry(action, sessions[index], at: now), .after, nil)]
    }
  }

  /// The supervisor's leg is over on the wire.
  mutating func supervisorGone(_ id: SessionID, _ reason: HangupReason, isLost: Bool, at now: Moment)
    -> [CallEffect]
  {
    guard let index = indexOf(id), sessions[index].isOpen else { return finishIfOver() }
    guard isLost, sessions[index].phase == .live else {
      return close(id, because: "hung up: \(reason.text)", at: now) + finishIfOver()
    }
    let leg = sessions[index].leg
    let withdrawn = withdrawAsk(index)
    sessions[index].pause(at: clock(now))
    sessions[index].hasLostHandling = sessions[index].mode == .takeover
    sessions[index].phase = .away
    return reroute() + withdrawn + [
      .media(.closeLeg(leg)),
      .startTimer(.supervisorReturn(id), milliseconds: Int64(policy.handlerReturn) * 1_000),
    ]
  }

  /// No audit, no supervision. Who has the customer and no agent to give him back to goes on: calls run on.
  mutating func auditLost(at now: Moment) -> [CallEffect] {
    sessions.filter { $0.isOpen }.flatMap { session in
      session.isHandling && participant(session.target)?.role != .agent
        ? [] : close(session.id, because: Refusal.auditUnavailable.explanation, at: now)
    }
  }

  // MARK: Counters

  mutating func applied(_ revision: UInt64, _ proof: [MixProof]) -> [CallEffect] {
    for index in sessions.indices { sessions[index].count(proof, at: revision) }
    return []
  }

  /// The last counters of a supervisor's leg: his closing entry can be written.
  mutating func countProof(
    from participant: ParticipantID, _ leg: LegID, _ proof: [MixProof], at now: Moment
  ) -> [CallEffect] {
    guard let index = sessions.firstIndex(where: { $0.participant == participant }) else { return [] }
    sessions[index].count(proof, at: nil)
    // Not by the leg that he left behind when he came back on another.
    guard sessions[index].phase == .closing, sessions[index].leg == leg else { return [] }
    sessions[index].phase = .ended
    return [.audit(closingEntry(.closed, sessions[index], at: now), .after, nil)]
  }

  /// The media plane has nothing left of this call: what still waits for counters waits no longer.
  mutating func settleAll(at now: Moment) -> [CallEffect] {
    sessions.filter { $0.phase == .closing }.flatMap { countProof(from: $0.participant, $0.leg, [], at: now) }
  }
}
