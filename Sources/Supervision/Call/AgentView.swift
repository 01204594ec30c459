/// What an agent's page shows: his own calls and what he may know of those who supervise them. Made from a
/// `CallSnapshot` by the policy, so that whatever ends a session ends its notice (A7b).
package struct AgentView: Hashable, Sendable, Codable {
  /// Oldest first.
  package var calls: [AgentCall] = []

  package init(calls: [AgentCall] = []) { self.calls = calls }
}

/// One call of an agent.
package struct AgentCall: Hashable, Sendable, Codable {
  package var id: CallID
  /// His own leg; nil once it is closed.
  package var leg: LegID?
  package var phase: CallPhase
  package var direction: CallDirection
  package var queue: String?
  package var campaign: String?
  package var customerTier: String?
  /// The other side, for people: name and number.
  package var otherName: String
  package var otherNumber: String
  /// He holds; the others hold.
  package var holds: Bool
  package var isHeld: Bool
  package var created: Moment
  package var answered: Moment?
  /// Who supervises, as far as he may know; empty where the policy shows nothing.
  package var monitoring: [MonitoringNotice]
  /// Whispers that wait for his word (M12).
  package var asks: [WhisperAsk]
  /// Written to him.
  package var cues: [Cue]
  package var hand: RaisedHand?

  package init(
    id: CallID, leg: LegID?, phase: CallPhase, direction: CallDirection, queue: String?, campaign: String?,
    customerTier: String?, otherName: String, otherNumber: String, holds: Bool, isHeld: Bool,
    created: Moment, answered: Moment?, monitoring: [MonitoringNotice], asks: [WhisperAsk], cues: [Cue],
    hand: RaisedHand?
  ) {
    self.id = id
    self.leg = leg
    self.phase = phase
    self.direction = direction
    self.queue = queue
    self.campaign = campaign
    self.customerTier = customerTier
    self.otherName = otherName
    self.otherNumber = otherNumber
    self.holds = holds
    self.isHeld = isHeld
    self.created = created
    self.answered = answered
    self.monitoring = monitoring
    self.asks = asks
    self.cues = cues
    self.hand = hand
  }
}

/// One live session, as the agent is told of it (A7).
package struct MonitoringNotice: Hashable, Sendable, Codable {
  package var session: SessionID
  package var mode: SupervisionMode
  package var since: Moment
  /// nil where the policy doesn't say who.
  package var supervisorName: String?

  package init(session: SessionID, mode: SupervisionMode, since: Moment, supervisorName: String?) {
    self.session = session
    self.mode = mode
    self.since = since
    self.supervisorName = supervisorName
  }
}

/// A supervisor would like to whisper.
package struct WhisperAsk: Hashable, Sendable, Codable {
  package var session: SessionID
  package var supervisorName: String

  package init(session: SessionID, supervisorName: String) {
    self.session = session
    self.supervisorName = supervisorName
  }
}
