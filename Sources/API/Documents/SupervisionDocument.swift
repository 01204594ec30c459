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
  }
}
