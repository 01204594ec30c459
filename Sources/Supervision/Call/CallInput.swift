/// Everything that can happen to a call.
package enum CallInput: Sendable {
  /// An event of one of the call's own legs.
  case signalling(SignallingEvent)
  case media(MediaEvent)
  /// Somebody asks to supervise. `leg` is the one to dial, unless he has dialled in.
  case supervise(RequestID, SuperviseRequest, SupervisionTicket)
  case changeMode(RequestID, SessionID, ModeChange)
  case leave(RequestID, SessionID, by: Principal, ActOrigin)
  /// Push-to-talk of a browser: his voice is open, or closed.
  case talk(RequestID, SessionID, Bool, by: Principal)
  /// How loud he hears whom, dB; those not named stay as they are.
  case hear(RequestID, SessionID, gains: [ParticipantID: Float], by: Principal)
  /// A written cue to the one whom he coaches.
  case cue(RequestID, SessionID, String, by: Principal, ActOrigin)
  /// Something to be kept with the call.
  case note(RequestID, String, by: Principal)
  /// An agent asks for help, or no longer does.
  case hand(RequestID, HandSign, by: Principal)
  /// An agent's word on a whisper that waits for it.
  case consent(RequestID, SessionID, accepts: Bool, by: Principal)
  /// Addresses of this call's agents who have a page open now. Comes before each input that may ask or tell one something.
  case agentPages(Set<String>)
  /// A key on a supervisor's phone, with what the directory says of him at this moment (nil: he is no user any more).
  case key(LegID, Character, Principal?)
  /// The outcome of an entry that something waits for.
  case auditWritten(AuditTicket)
  case auditFailed(AuditTicket)
  /// The audit has been unwritable for longer than the policy bears.
  case auditLost
  case timer(CallTimer)
  /// Where the number leads that a transfer asked for.
  case routed(TransferID, Result<TransferRoute, Refusal>)
  /// A party has two calls and wants those with whom he talks to meet.
  case consulted(Consultation)
  /// Somebody calls in to take a place in this call.
  case arrived(Arrival)
  /// Somebody wants a third to be called into the conversation.
  case invite(RequestID, String, from: Endpoint, by: Principal)
  /// From another call.
  case message(CallMessage)
  /// The process stops, or an operator ends the call.
  case end(HangupReason)
}

/// What the shell gives along with a request to supervise: fresh ids, and what it knows of the supervisor's other sessions.
package struct SupervisionTicket: Hashable, Sendable {
  package var session: SessionID
  package var leg: LegID
  /// He has a session on another call.
  package var isEngagedElsewhere: Bool
  /// The node may begin no supervision at present (X5).
  package var isOverloaded: Bool

  package init(session: SessionID, leg: LegID, isEngagedElsewhere: Bool, isOverloaded: Bool = false) {
    self.session = session
    self.leg = leg
    self.isEngagedElsewhere = isEngagedElsewhere
    self.isOverloaded = isOverloaded
  }
}

package struct ModeChange: Hashable, Sendable {
  package var mode: SupervisionMode
  package var principal: Principal
  package var reason: String?
  package var origin: ActOrigin

  package init(mode: SupervisionMode, principal: Principal, reason: String?, origin: ActOrigin) {
    self.mode = mode
    self.principal = principal
    self.reason = reason
    self.origin = origin
  }
}

/// Names one audit entry of a call that something waits for.
package struct AuditTicket: Hashable, Sendable, Comparable {
  package var value: UInt64
  package init(_ value: UInt64) { self.value = value }
  package static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

package enum CallTimer: Hashable, Sendable {
  /// The time in which `6` or `7` must be pressed again.
  case confirm(SessionID)
  /// A prompt has been said.
  case prompt(SessionID)
  /// The time in which a lost supervisor may come back.
  case supervisorReturn(SessionID)
  /// The time in which a browser that has its answer must be connected.
  case browserConnect(SessionID)
  /// The time in which an agent may accept a whisper.
  case consent(SessionID)
  /// The time in which the lost browser of a party may come back.
  case partyReturn(LegID)
  /// The oldest cues have been shown for long enough.
  case cueAge
  /// The time in which whoever is parked should have been fetched.
  case parking
}

/// What an agent does with his hand (M12).
package enum HandSign: Hashable, Sendable {
  /// With a word of why, or none.
  case raised(String?)
  case lowered
}
