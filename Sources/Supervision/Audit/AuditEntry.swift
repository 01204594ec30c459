/// What was done.
package enum AuditAction: String, Hashable, Sendable, Codable, CaseIterable {
  /// A supervisor was let onto a call; written before any sound flows.
  case opened
  case modeChanged = "mode-changed"
  /// A session is over; carries the proof counters and mode spans.
  case closed
  /// An attempt that was not allowed or could not be done.
  case refused
  /// An opened session that never came to sound (busy, no answer, device gone).
  case abandoned
  /// The agent left, or stayed as a listener, because of a takeover.
  case agentReleased = "agent-released"
  /// Calls with supervision that the process lost (found at the next start).
  case interrupted
  /// The process took up or laid down its work.
  case started, stopped
  /// A written cue to the one who is coached; its text is the `reason`. Written before it is delivered.
  case cued = "cue"
  /// A session went on after a transfer, with somebody new on the call. Written before he and the supervisor can hear
  /// one another.
  case transferred
}

/// One action, complete in itself (U1). Its bytes in the chain are those of `AuditEncoding`.
package struct AuditEntry: Hashable, Sendable, Codable {
  package var tenant: TenantID
  package var action: AuditAction
  /// When the act happened (not when it was written): ms since 1970.
  package var time: Int64
  /// Who: user id and the name at that time. Empty for acts of the system.
  package var supervisor: UserID?
  package var supervisorName: String?
  package var call: CallID?
  package var session: SessionID?
  /// The monitored extension, the agent's name, the queue.
  package var monitoredExtension: String?
  package var agent: String?
  package var queue: String?
  package var mode: SupervisionMode?
  /// The mode before, for `modeChanged`.
  package var previousMode: SupervisionMode?
  package var purpose: String?
  package var reason: String?
  package var origin: ActOrigin
  /// `done`, or why not, in words.
  package var outcome: String
  /// Milliseconds on the call clock, when there is a call.
  package var callClock: Int64?
  /// Session start and end, ms since 1970, for `closed`.
  package var started: Int64?
  package var ended: Int64?
  /// Spans per mode, for `closed`.
  package var spans: [ModeSpan]
  /// Samples of the supervisor's voice mixed into each other party's leg, per mode, for `closed` (U4).
  package var proof: [PrivacyProof]

  package init(tenant: TenantID, action: AuditAction, time: Int64, origin: ActOrigin, outcome: String) {
    self.tenant = tenant
    self.action = action
    self.time = time
    self.origin = origin
    self.outcome = outcome
    self.spans = []
    self.proof = []
  }
}

/// A stretch of a session in one mode, ms on the call clock.
package struct ModeSpan: Hashable, Sendable, Codable {
  package var mode: SupervisionMode
  package var from: Int64
  package var to: Int64

  package init(mode: SupervisionMode, from: Int64, to: Int64) {
    self.mode = mode
    self.from = from
    self.to = to
  }
}

/// How much of the supervisor's voice a party was given while the session was in `mode`.
package struct PrivacyProof: Hashable, Sendable, Codable {
  package var mode: SupervisionMode
  package var listener: Role
  /// Extension or number of the listener.
  package var address: String
  /// Samples at 8 kHz. Towards a customer 0 in listen and whisper, always.
  package var samples: UInt64

  package init(mode: SupervisionMode, listener: Role, address: String, samples: UInt64) {
    self.mode = mode
    self.listener = listener
    self.address = address
    self.samples = samples
  }
}
