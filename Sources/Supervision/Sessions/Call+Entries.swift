/// The audit's words for what happens on this call.
extension Call {
  func entry(_ action: AuditAction, of wish: SuperviseRequest, at now: Moment, outcome: String) -> AuditEntry
  {
    var entry = AuditEntry(
      tenant: facts.tenant, action: action, time: now.wall, origin: wish.origin, outcome: outcome)
    entry.supervisor = wish.principal.user
    entry.supervisorName = wish.principal.name
    entry.call = id
    entry.mode = wish.mode
    entry.purpose = wish.purpose
    entry.reason = wish.reason
    entry.queue = facts.queue
    entry.callClock = clock(now)
    let agent =
      wish.target.flatMap { name in participants.first { $0.address == name } } ?? defaultTarget
    entry.monitoredExtension = agent?.address
    entry.agent = agent?.name
    return entry
  }

  func entry(
    _ action: AuditAction, of session: SupervisionSession, at now: Moment, outcome: String
  ) -> AuditEntry {
    var entry = self.entry(action, of: session.request, at: now, outcome: outcome)
    entry.session = session.id
    entry.mode = session.mode
    entry.monitoredExtension = session.agent.address
    entry.agent = session.agent.name
    return entry
  }

  /// What a session was, from its first to its last moment, and what was heard of it by whom (U4).
  func closingEntry(_ action: AuditAction, _ session: SupervisionSession, at now: Moment) -> AuditEntry {
    var entry = self.entry(action, of: session, at: now, outcome: session.outcome)
    entry.started = session.started.wall
    // The wall clock may have been set back meanwhile; how long the session was, it can't change.
    entry.ended = session.started.wall + now.milliseconds(since: session.started)
    entry.spans = session.spans
    let parties = seated.values.filter { $0.role == .customer || $0.role == .agent }.sorted { $0.id < $1.id }
    let modes = SupervisionMode.allCases.filter { mode in
      session.spans.contains { $0.mode == mode } || session.heard[mode] != nil
    }
    entry.proof = modes.flatMap { mode in
      parties.map { party in
        PrivacyProof(
          mode: mode, listener: party.role, address: party.address,
          samples: session.heard[mode]?[party.id] ?? 0)
      }
    }
    return entry
  }
}
