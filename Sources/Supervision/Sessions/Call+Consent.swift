/// Where the policy says so, an agent is asked before somebody whispers to him (M12). An agent without a page can't be.
/// Going down to a whisper asks nobody: what closes sound towards the customer never waits.
extension Call {
  /// Milliseconds in which he may answer; silence is a no.
  static let consentTime: Int64 = 20_000

  func asksBeforeWhisper(_ target: ParticipantID) -> Bool {
    guard policy.agentAcceptsWhisper, let agent = participant(target) else { return false }
    return agent.role == .agent && agentPages.contains(agent.address)
  }

  /// The question shows on the agent's page; whoever asked waits for his word.
  mutating func ask(_ index: Int, _ change: ModeChange) -> [CallEffect] {
    sessions[index].asking = change
    return [.startTimer(.consent(sessions[index].id), milliseconds: Self.consentTime)]
  }

  /// He asked to begin in whisper; now that he hears the call, the agent may be asked.
  mutating func askWhisperAtLast(_ index: Int, at now: Moment) -> [CallEffect] {
    guard sessions[index].wantsWhisper else { return [] }
    sessions[index].wantsWhisper = false
    let wish = sessions[index].request
    let change = ModeChange(
      mode: .whisper, principal: wish.principal, reason: wish.reason, origin: wish.origin)
    return changeMode(nil, sessions[index].id, change, at: now)
  }

  mutating func consent(
    _ request: RequestID, _ id: SessionID, accepts: Bool, by agent: Principal, at now: Moment
  ) -> [CallEffect] {
    guard let index = indexOf(id), let change = sessions[index].asking,
      let asked = participant(sessions[index].target), isHimself(agent, asked)
    else { return [.done(request, .unknownSession)] }
    let effects = dropAsk(index)
    return effects
      + (accepts
        ? raise(index, change, isAccepted: true, at: now)
        : refuseChange(index, .whisperRejected, asking: .whisper, at: now)) + [.done(request, nil)]
  }

  mutating func consentMissed(_ id: SessionID, at now: Moment) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].asking != nil else { return [] }
    sessions[index].asking = nil
    return refuseChange(index, .whisperRejected, asking: .whisper, at: now)
  }

  /// The question is no longer asked; the wish behind it stands.
  mutating func dropAsk(_ index: Int) -> [CallEffect] {
    guard sessions[index].asking != nil else { return [] }
    sessions[index].asking = nil
    return [.stopTimer(.consent(sessions[index].id))]
  }

  /// The question and the wish are gone: he wants something else, or is lost.
  mutating func withdrawAsk(_ index: Int) -> [CallEffect] {
    guard sessions[index].asking != nil else { return [] }
    return dropAsk(index) + answer(index, .failure(.callNotActive))
  }

  /// Whether `principal` is the agent who sits there.
  func isHimself(_ principal: Principal, _ party: Participant) -> Bool {
    principal.tenant == facts.tenant && party.role == .agent && party.address == principal.user.value
  }
}
