/// Switching modes. Up: permission at this moment, entry on disk, then sound. Down: sound first, entry after.
extension Call {
  mutating func changeMode(_ request: RequestID?, _ id: SessionID, _ change: ModeChange, at now: Moment)
    -> [CallEffect]
  {
    guard let index = indexOf(id), sessions[index].principal.user == change.principal.user,
      sessions[index].principal.tenant == change.principal.tenant
    else { return request.map { [.reply($0, .failure(.unknownSession))] } ?? [] }
    // A second wish replaces the first, which is still waiting for its entry.
    let replaced = withdrawAsk(index) + answer(index, .failure(.callNotActive))
    sessions[index].raise = nil
    sessions[index].pending = request
    sessions[index].request.origin = change.origin
    sessions[index].request.reason = change.reason
    guard sessions[index].phase == .live else {
      return replaced + refuseChange(index, .callNotActive, asking: change.mode, at: now)
    }
    let mode = sessions[index].mode
    if change.mode == mode {
      return replaced + answer(index, .success(snapshot(of: sessions[index])))
    }
    return replaced
      + (change.mode > mode ? raise(index, change, at: now) : lower(index, change.mode, at: now))
  }

  /// - Parameter isAccepted: the agent has agreed to a whisper.
  mutating func raise(_ index: Int, _ change: ModeChange, isAccepted: Bool = false, at now: Moment)
    -> [CallEffect]
  {
    let session = sessions[index]
    if let refusal = objection(
      to: change.mode, by: change.principal, of: session.id, session.request.purpose, change.reason, at: now)
    {
      return refuseChange(index, refusal, asking: change.mode, at: now)
    }
    if change.mode == .whisper, !isAccepted, asksBeforeWhisper(session.target) {
      return ask(index, change)
    }
    var entry = self.entry(.modeChanged, of: session, at: now, outcome: "admitted")
    entry.mode = change.mode
    entry.previousMode = session.mode
    let ticket = nextTicket(for: .raise(session.id, session.pending, change.mode))
    sessions[index].raise = ticket
    return [.audit(entry, .gate, ticket)]
  }

  private mutating func lower(_ index: Int, _ mode: SupervisionMode, at now: Moment) -> [CallEffect] {
    let session = sessions[index]
    // From a takeover he hands back to the agent, who must still be there.
    if session.mode == .takeover, participant(session.target)?.role != .agent {
      return refuseChange(index, .agentReleased, asking: mode, at: now)
    }
    let effects = enter(mode, session.id, at: now)
    var entry = self.entry(.modeChanged, of: sessions[index], at: now, outcome: "done")
    entry.previousMode = session.mode
    return effects + [.audit(entry, .after, nil)] + answer(index, .success(snapshot(of: sessions[index])))
  }

  /// The mode counts from here: matrix, handler, spans, counters.
  /// - Parameter isMuted: a browser's voice stays closed, whatever the mode opens.
  mutating func enter(_ mode: SupervisionMode, _ id: SessionID, isMuted: Bool = false, at now: Moment)
    -> [CallEffect]
  {
    guard let index = indexOf(id) else { return [] }
    let before = sessions[index].mode
    sessions[index].markBoundary(at: matrixRevision + 1)
    sessions[index].endSpan(at: clock(now))
    sessions[index].mode = mode
    sessions[index].beginSpan(at: clock(now))
    sessions[index].modeSince = now
    // Whispering in a browser takes a press; confirming a barge or takeover was one.
    sessions[index].speak(!sessions[index].isBrowser || mode >= .barge && !isMuted, at: clock(now))
    sessions[index].confirming = nil
    sessions[index].prompt = nil
    if before == .takeover, mode != .takeover { handler = sessions[index].target }
    guard mode == .takeover, handler != sessions[index].participant else { return reroute(always: true) }
    handler = sessions[index].participant
    return reroute(always: true) + releaseAgent(sessions[index], at: now)
  }

  /// What becomes of the agent when a supervisor stands in his place.
  private mutating func releaseAgent(_ session: SupervisionSession, at now: Moment) -> [CallEffect] {
    guard policy.agentAfterTakeover == .release, let agent = participant(session.target),
      agent.role == .agent,
      let leg = agent.leg
    else { return [] }
    let reason = HangupReason(cause: 200, text: "Call taken over by \(session.principal.name)")
    var entry = self.entry(.agentReleased, of: session, at: now, outcome: reason.text)
    entry.agent = agent.name
    return hangUp(leg, reason) + depart(agent.id, at: now) + [.audit(entry, .after, nil)]
  }

  /// His agent is gone; he now stands beside the handler. A whisper was meant for the one who left: it ends.
  mutating func retarget(_ id: SessionID, to handler: ParticipantID, at now: Moment) -> [CallEffect] {
    guard let index = indexOf(id) else { return [] }
    sessions[index].target = handler
    let unanswered =
      sessions[index].asking == nil
      ? [] : dropAsk(index) + refuseChange(index, .agentReleased, asking: .whisper, at: now)
    guard sessions[index].mode == .whisper, sessions[index].phase == .live else { return unanswered }
    let effects = enter(.listen, id, at: now)
    var entry = self.entry(.modeChanged, of: sessions[index], at: now, outcome: "the agent has left")
    entry.previousMode = .whisper
    return effects + [.audit(entry, .after, nil)]
  }

  /// Says no: to whoever asked, in the audit, and in his ear.
  mutating func refuseChange(
    _ index: Int, _ refusal: Refusal, asking mode: SupervisionMode? = nil, at now: Moment
  ) -> [CallEffect] {
    let session = sessions[index]
    var entry = self.entry(.refused, of: session, at: now, outcome: refusal.explanation)
    entry.mode = mode
    entry.previousMode = session.mode
    sessions[index].confirming = nil
    let effects = [CallEffect.audit(entry, .after, nil)] + answer(index, .failure(refusal))
    guard session.phase == .live, session.request.origin.channel == "dtmf" else { return effects }
    return effects + say(.refused, index, for: 1_000)
  }

  /// Plays a prompt to one supervisor.
  mutating func say(_ sound: PlayerSound, _ index: Int, for milliseconds: Int64) -> [CallEffect] {
    sessions[index].prompt = sound
    return reroute() + [.startTimer(.prompt(sessions[index].id), milliseconds: milliseconds)]
  }
}
