/// What becomes of supervision when the parties change (S6). The matrix keeps a newcomer and each supervisor apart until
/// the audit knows of it: no audit, no sound. A session that may not go on ends at once.
extension Call {
  mutating func follow(from leaver: Participant?, to newcomer: Participant?, at now: Moment) -> [CallEffect] {
    let open = sessions.filter(\.isOpen).map(\.id)
    if let newcomer {
      for id in open { indexOf(id).map { _ = sessions[$0].barred.insert(newcomer.id) } }
    }
    // Sound between the parties waits for nobody.
    var effects = reroute()
    for id in open {
      if let why = objectionToFollow(id, leaver, newcomer, at: now) {
        effects += close(id, because: why, at: now)
      } else {
        effects += goOn(id, leaver, newcomer, at: now)
      }
    }
    return effects
  }

  /// Why a session ends by the change; nil if it goes on.
  private func objectionToFollow(
    _ id: SessionID, _ leaver: Participant?, _ newcomer: Participant?, at now: Moment
  ) -> String? {
    guard let session = session(id) else { return nil }
    let isTargetGone = participant(session.target) == nil
    if let leaver, newcomer != nil, let why = policyAgainst(session, after: leaver) { return why }
    guard let next = isTargetGone ? successor(newcomer) : session.target else {
      return "no agent is left on the call"
    }
    if case .denied = AccessRules.decide(session.principal, session.mode.permission, on: facts, at: now) {
      return "the call has left the supervisor's scope"
    }
    if isTargetGone, newcomer != nil, session.mode == .whisper, asksBeforeWhisper(next) {
      return "\(participant(next)?.name ?? "the agent") hasn't agreed to a whisper"
    }
    return nil
  }

  /// Why the policy ends a session when somebody leaves by a transfer.
  func policyAgainst(_ session: SupervisionSession, after leaver: Participant) -> String? {
    switch policy.afterTransfer {
    case .end: "the call was transferred"
    case .agent where participant(session.target) == nil: "\(leaver.name) has left the call by a transfer"
    case .customer where leaver.role == .customer: "the customer has left the call by a transfer"
    default: nil
    }
  }

  /// Whom he coaches from now on.
  private func successor(_ newcomer: Participant?) -> ParticipantID? {
    if let newcomer, newcomer.role == .agent { return newcomer.id }
    return defaultTarget?.id
  }

  private mutating func goOn(
    _ id: SessionID, _ leaver: Participant?, _ newcomer: Participant?, at now: Moment
  ) -> [CallEffect] {
    guard let index = indexOf(id) else { return [] }
    guard let newcomer else {
      guard participant(sessions[index].target) == nil, let next = successor(nil) else { return [] }
      return retarget(id, to: next, at: now)
    }
    var effects: [CallEffect] = []
    if participant(sessions[index].target) == nil, let next = successor(newcomer) {
      // What he was about to open was meant for the one who has left.
      effects = withdrawAsk(index)
      if sessions[index].raise != nil {
        sessions[index].raise = nil
        effects += answer(index, .failure(.agentReleased))
      }
      sessions[index].confirming = nil
      sessions[index].target = next
      if let agent = participant(next) { sessions[index].agent = agent }
    }
    let entry = self.entry(.transferred, of: sessions[index], at: now, outcome: outcome(leaver, newcomer))
    return effects + reroute() + [.audit(entry, .gate, nextTicket(for: .follow(id, newcomer.id)))]
  }

  private func outcome(_ leaver: Participant?, _ newcomer: Participant) -> String {
    leaver.map { "from \($0.name) to \(newcomer.name)" } ?? "joined by \(newcomer.name)"
  }

  /// The entry is on disk: he and the newcomer hear one another as his mode says.
  mutating func followed(_ id: SessionID, _ newcomer: ParticipantID) -> [CallEffect] {
    guard let index = indexOf(id) else { return [] }
    sessions[index].barred.remove(newcomer)
    return reroute()
  }
}
