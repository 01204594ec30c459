import Supervision

/// What `API` and the command line ask of the calls. Everything is cut to the asker's scope here: what is outside
/// does not exist for him (`unknownCall`, `unknownSession`).
package actor SupervisorDesk {
  private let switchboard: Switchboard

  package init(_ switchboard: Switchboard) { self.switchboard = switchboard }

  private var now: Moment { switchboard.clock.now() }

  /// Calls in scope with `view`, oldest first.
  package func calls(for principal: Principal) async -> [CallSnapshot] {
    let now = now
    return switchboard.board.snapshots
      .filter { AccessRules.sees(principal, $0.facts, at: now) }
      .sorted { ($0.created, $0.id.value) < ($1.created, $1.id.value) }
  }

  package func call(_ id: CallID, for principal: Principal) async throws(Refusal) -> CallSnapshot {
    guard let call = switchboard.board.snapshot(id), AccessRules.sees(principal, call.facts, at: now) else {
      throw .unknownCall
    }
    return call
  }

  /// Returns once the entry is on disk and the device is being connected; how it went on is in the session's snapshot.
  package func supervise(_ call: CallID, _ request: SuperviseRequest) async throws(Refusal) -> SessionSnapshot
  {
    let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      switchboard.ask(call, request) { continuation.resume(returning: $0) }
    }
    return try outcome.get()
  }

  package func session(_ id: SessionID, for principal: Principal) async throws(Refusal) -> SessionSnapshot {
    try find(id, for: principal).session
  }

  package func changeMode(
    _ id: SessionID, to mode: SupervisionMode, reason: String?, by principal: Principal, origin: ActOrigin
  ) async throws(Refusal) -> SessionSnapshot {
    let (call, _) = try find(id, for: principal)
    let change = ModeChange(mode: mode, principal: principal, reason: reason, origin: origin)
    return try await ask(call.id) { .changeMode($0, id, change) }
  }

  /// Ends a session. Ending one that has ended already is no error.
  package func end(_ id: SessionID, by principal: Principal, origin: ActOrigin) async throws(Refusal) {
    let (call, session) = try find(id, for: principal)
    guard session.phase != .ended else { return }
    _ = try await ask(call.id) { .leave($0, id, by: principal, origin) }
  }

  /// Push-to-talk: opens or closes the voice of a session in whisper (or above) whose device is a browser.
  package func talk(_ id: SessionID, _ talks: Bool, by principal: Principal) async throws(Refusal)
    -> SessionSnapshot
  {
    let (call, _) = try find(id, for: principal)
    return try await ask(call.id) { .talk($0, id, talks, by: principal) }
  }

  /// How loud he hears each party, dB (-40 … +12; 0 as it is). Only his own ear changes.
  package func hear(_ id: SessionID, gains: [ParticipantID: Float], by principal: Principal)
    async throws(Refusal) -> SessionSnapshot
  {
    let (call, _) = try find(id, for: principal)
    return try await ask(call.id) { .hear($0, id, gains: gains, by: principal) }
  }

  /// A written cue to the one whom he coaches (M10): right, audit entry on disk, then delivery.
  package func cue(_ id: SessionID, _ text: String, by principal: Principal, origin: ActOrigin)
    async throws(Refusal) -> SessionSnapshot
  {
    let (call, _) = try find(id, for: principal)
    return try await ask(call.id) { .cue($0, id, text, by: principal, origin) }
  }

  /// Writes a note down with a call in scope that is still up.
  package func note(_ call: CallID, _ text: String, by principal: Principal) async throws(Refusal) {
    _ = try await self.call(call, for: principal)
    if let refusal = await switchboard.put(call, { .note($0, text, by: principal) }) { throw refusal }
  }

  /// Has a third called into a call in scope, with his own right to dial. Returns once it is being called.
  package func invite(_ number: String, to call: CallID, by principal: Principal) async throws(Refusal) {
    let from = Endpoint.user(principal.tenant, principal.user)
    if let refusal = await switchboard.put(call, { .invite($0, number, from: from, by: principal) }) {
      throw refusal
    }
  }

  /// Loudness on the calls on which he has a live session, about ten times a second. Keeps only the newest.
  package func levels(for principal: Principal) async -> AsyncStream<LevelReading> {
    switchboard.levels.watch(for: principal)
  }

  /// A snapshot of the calls in scope, then changes. The stream keeps only the latest state per call while its
  /// reader is slow, so it can't grow without bound. Ends when the task that reads it ends.
  package func watch(for principal: Principal) async -> AsyncStream<FloorChange> {
    switchboard.board.watch(for: principal)
  }

  /// Needs `review-audit`; the tenant of the query is the principal's, always.
  package func audit(_ query: AuditQuery, for principal: Principal) async throws(Refusal) -> [AuditRecord] {
    if case .denied(let refusal) = AccessRules.decide(principal, .reviewAudit, at: now) { throw refusal }
    var query = query
    query.tenant = principal.tenant
    do {
      return try await switchboard.audit.entries(query)
    } catch {
      throw .auditUnavailable
    }
  }

  private typealias Outcome = Result<SessionSnapshot, Refusal>

  private func ask(_ call: CallID, _ question: @Sendable (RequestID) -> CallInput) async throws(Refusal)
    -> SessionSnapshot
  {
    let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      switchboard.ask(call, question) { continuation.resume(returning: $0) }
    }
    return try outcome.get()
  }

  /// A session is known to whoever sees its call; what he may do with it is the call's to decide.
  private func find(_ id: SessionID, for principal: Principal) throws(Refusal) -> (
    call: CallSnapshot, session: SessionSnapshot
  ) {
    guard let call = switchboard.board.call(of: id), AccessRules.sees(principal, call.facts, at: now),
      let session = call.sessions.first(where: { $0.id == id })
    else { throw .unknownSession }
    return (call, session)
  }
}

/// One step of a watcher's view of the floor.
package enum FloorChange: Hashable, Sendable {
  /// Everything in scope, at the beginning of a watch.
  case floor([CallSnapshot])
  case changed(CallSnapshot)
  /// Ended, or out of scope by now.
  case gone(CallID)
}

/// How loud it is on one call: dBFS by participant.
package struct LevelReading: Hashable, Sendable {
  package var call: CallID
  package var levels: [ParticipantID: Float]

  package init(call: CallID, levels: [ParticipantID: Float]) {
    self.call = call
    self.levels = levels
  }
}
