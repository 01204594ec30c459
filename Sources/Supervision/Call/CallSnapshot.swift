/// Where a call stands (S1).
package enum CallPhase: String, Hashable, Sendable, Codable {
  /// Being set up; the called side hasn't rung.
  case connecting
  case ringing
  /// Sound before the answer.
  case early
  case answered
  case ending
  case ended
}

/// What a watcher sees of one call: immutable, already cut to his scope by whoever gave it to him.
package struct CallSnapshot: Hashable, Sendable, Codable {
  package var id: CallID
  package var phase: CallPhase
  package var facts: CallFacts
  package var participants: [Participant]
  /// Those who hold, by participant.
  package var heldBy: [ParticipantID]
  package var handler: ParticipantID?
  package var sessions: [SessionSnapshot]
  package var matrix: RoutingMatrix
  package var created: Moment
  package var answered: Moment?
  package var ended: Moment?
  package var endReason: HangupReason?
  /// Grows by one with each change of this call.
  package var revision: UInt64

  package init(
    id: CallID, phase: CallPhase, facts: CallFacts, participants: [Participant], heldBy: [ParticipantID],
    handler: ParticipantID?, sessions: [SessionSnapshot], matrix: RoutingMatrix, created: Moment,
    answered: Moment?, ended: Moment?, endReason: HangupReason?, revision: UInt64
  ) {
    self.id = id
    self.phase = phase
    self.facts = facts
    self.participants = participants
    self.heldBy = heldBy
    self.handler = handler
    self.sessions = sessions
    self.matrix = matrix
    self.created = created
    self.answered = answered
    self.ended = ended
    self.endReason = endReason
    self.revision = revision
  }
}

/// Where a supervision session stands.
package enum SessionPhase: String, Hashable, Sendable, Codable {
  /// Waits for its audit entry.
  case authorising
  /// His phone rings, or his media is being set up.
  case connecting
  case live
  /// A handler whose connection was lost and who may still return.
  case away
  case ended
}

package struct SessionSnapshot: Hashable, Sendable, Codable {
  package var id: SessionID
  package var call: CallID
  package var supervisor: UserID
  package var supervisorName: String
  package var participant: ParticipantID
  /// The one he coaches.
  package var target: ParticipantID
  package var mode: SupervisionMode
  package var phase: SessionPhase
  /// False where the target's phone has said that it plays nothing (hold by `sendonly`, `inactive`).
  package var targetCanHear: Bool
  package var started: Moment
  /// Why it ended, in words; nil while it lives.
  package var endReason: String?

  package init(
    id: SessionID, call: CallID, supervisor: UserID, supervisorName: String, participant: ParticipantID,
    target: ParticipantID, mode: SupervisionMode, phase: SessionPhase, targetCanHear: Bool, started: Moment,
    endReason: String?
  ) {
    self.id = id
    self.call = call
    self.supervisor = supervisor
    self.supervisorName = supervisorName
    self.participant = participant
    self.target = target
    self.mode = mode
    self.phase = phase
    self.targetCanHear = targetCanHear
    self.started = started
    self.endReason = endReason
  }
}
