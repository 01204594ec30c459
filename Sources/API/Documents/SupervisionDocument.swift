import Supervision

/// A supervision session, as the API shows it.
package struct SupervisionDocument: Hashable, Sendable, Codable {
  package var id: String
  package var call: String
  package var supervisor: String
  package var supervisorName: String
  /// The supervisor's own place in the call's participants.
  package var participant: String
  /// The participant who is coached.
  package var target: String
  /// `listen`, `whisper`, `barge`, `takeover`.
  package var mode: String
  /// `authorising`, `connecting`, `live`, `away`, `ended`.
  package var phase: String
  /// False where the target's phone plays nothing at present.
  package var targetCanHear: Bool
  package var started: String
  /// Why it ended; absent while it lives.
  package var endReason: String?
  /// The session by which it goes on in another call, by the same connection; absent where it doesn't.
  package var movedTo: String?
  /// When the present mode began; absent before the first.
  package var modeSince: String?
  /// Whether his voice is open to those whom the mode names.
  package var talks: Bool
  /// Milliseconds in each mode, without the present span.
  package var spentMs: [String: Int64]
  /// He asked to whisper, and the agent hasn't answered yet.
  package var awaitsConsent: Bool
  /// The session description for a browser's offer: in the answer to the request that brought the offer.
  package var answer: String?

  package init(_ session: SessionSnapshot) {
    id = session.id.value
    call = session.call.value
    supervisor = session.supervisor.value
    supervisorName = session.supervisorName
    participant = session.participant.description
    target = session.target.description
    mode = session.mode.rawValue
    phase = session.phase.rawValue
    targetCanHear = session.targetCanHear
    started = Timestamp.text(session.started.wall)
    endReason = session.endReason
    movedTo = session.movedTo?.value
    modeSince = session.modeSince.map { Timestamp.text($0.wall) }
    talks = session.talks
    spentMs = Dictionary(uniqueKeysWithValues: session.spent.map { ($0.key.rawValue, $0.value) })
    awaitsConsent = session.awaitsConsent
    answer = session.answer
  }
}
