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
  /// Since when one of them has been holding; nil while nobody does.
  package var heldSince: Moment?
  package var handler: ParticipantID?
  package var sessions: [SessionSnapshot]
  package var matrix: RoutingMatrix
  package var created: Moment
  package var answered: Moment?
  package var ended: Moment?
  package var endReason: HangupReason?
  /// Grows by one with each change of this call.
  package var revision: UInt64
  /// The agent asks for help (M12); nil while he doesn't.
  package var hand: RaisedHand?
  /// Written by supervisors, oldest first; kept with the call's record.
  package var notes: [CallNote] = []
  /// Written cues that were delivered (M10), oldest first; those of the last few minutes.
  package var cues: [Cue] = []
  /// How the sound of each leg comes through, as far as it is known.
  package var quality: [LegID: QualityHistory] = [:]
  /// Somebody is being called into it, or on his way.
  package var isTransferring = false
  /// Transfers that were done, oldest first.
  package var transfers: [TransferNote] = []
  /// Where it is parked; nil if it isn't.
  package var parked: ParkingNote?

  /// Three or more hold the conversation.
  package var isConference: Bool {
    participants.count { $0.role == .customer || $0.role == .agent } > 2
  }

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
  /// The session by which he goes on, if his agent was taken into another call and he with him. Not the call, which may
  /// be out of his scope.
  package var movedTo: SessionID?
  /// When the present mode began; nil before the first, and while he is away or gone.
  package var modeSince: Moment?
  /// His voice is open to those whom the mode names. Always so on a phone; in a browser while he presses to talk.
  package var talks = true
  /// Milliseconds in each mode so far, without the present span.
  package var spent: [SupervisionMode: Int64] = [:]
  /// He asked to whisper, and the agent, who may accept or reject it, hasn't answered yet (M12).
  package var awaitsConsent = false
  /// The answer to a browser's offer: only in the reply to the request that brought the offer.
  package var answer: String?

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

/// An agent's cry for help.
package struct RaisedHand: Hashable, Sendable, Codable {
  package var agent: ParticipantID
  /// Why, in a word or a few; nil if he gave none.
  package var word: String?
  package var since: Moment

  package init(agent: ParticipantID, word: String?, since: Moment) {
    self.agent = agent
    self.word = word
    self.since = since
  }
}

/// What a supervisor wrote down during a call.
package struct CallNote: Hashable, Sendable, Codable {
  package var author: UserID
  package var authorName: String
  package var text: String
  package var at: Moment
  /// Milliseconds on the call clock.
  package var callClock: Int64

  package init(author: UserID, authorName: String, text: String, at: Moment, callClock: Int64) {
    self.author = author
    self.authorName = authorName
    self.text = text
    self.at = at
    self.callClock = callClock
  }
}

/// A written cue (M10): whispered by text, to be read on the screen of the one who is coached.
package struct Cue: Hashable, Sendable, Codable {
  /// Counts from 1 within its call.
  package var number: Int
  package var from: ParticipantID
  package var to: ParticipantID
  package var text: String
  package var at: Moment

  package init(number: Int, from: ParticipantID, to: ParticipantID, text: String, at: Moment) {
    self.number = number
    self.from = from
    self.to = to
    self.text = text
    self.at = at
  }
}
