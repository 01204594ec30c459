/// What is to be done because of an input, in this order.
package enum CallEffect: Hashable, Sendable {
  case signalling(SignallingCommand)
  case media(MediaCommand)
  /// With a ticket: something waits; the outcome comes back as `auditWritten` or `auditFailed`.
  case audit(AuditEntry, AuditUrgency, AuditTicket?)
  case reply(RequestID, Result<SessionSnapshot, Refusal>)
  /// The answer to what isn't about a session: done, or why not.
  case done(RequestID, Refusal?)
  /// Asks where a number leads, with the rights of an endpoint; the answer comes back as `routed`.
  case route(TransferID, number: String, from: Endpoint)
  /// To another call.
  case tell(CallID, CallMessage)
  case startTimer(CallTimer, milliseconds: Int64)
  case stopTimer(CallTimer)
  /// The input doesn't fit the state; nothing was changed. For the log and the tests.
  case illegal(IllegalInput)
  /// Nothing of the call is left but this.
  case finished(CallRecord)
}

/// The pairs of input and state that can't be, or that come too late.
package enum IllegalInput: String, Hashable, Sendable {
  case eventForUnknownLeg = "an event for a leg that the call doesn't have (any more)"
  case offerAcceptedTwice = "an offer was accepted on a leg that waits for none"
  case answerWithoutOffer = "an answer was accepted on a leg that made no offer"
  case descriptionUnasked = "a session description that nobody asked for"
  case progressAfterAnswer = "a provisional answer after the final one"
  case answeredTwice = "a second answer to one INVITE"
  case failedAfterAnswer = "a refusal after the answer"
  case reofferBeforeAnswer = "a new offer before the first was answered"
  case ticketUnknown = "the outcome of an audit entry that nothing waits for"
  case callEnding = "the call is ending"
  case noBrowser = "a browser's event on a leg that is none"
  case connectedTwice = "keys of a browser's leg that waits for none"
  case routeUnasked = "a route that no transfer waits for"
  case callAlreadyStarted = "an INVITE for a call that has begun"
}

/// What is kept of a call when it is over.
package struct CallRecord: Hashable, Sendable {
  package var snapshot: CallSnapshot
  /// By participant, in the order of closing.
  package var reports: [LegRecord]

  package init(snapshot: CallSnapshot, reports: [LegRecord]) {
    self.snapshot = snapshot
    self.reports = reports
  }
}

package struct LegRecord: Hashable, Sendable, Codable {
  package var participant: ParticipantID
  package var role: Role
  package var address: String
  package var report: LegReport
  /// As it was told last, and at its worst; nil if the leg was too short to tell.
  package var quality: QualityHistory?

  package init(
    participant: ParticipantID, role: Role, address: String, report: LegReport, quality: QualityHistory? = nil
  ) {
    self.participant = participant
    self.role = role
    self.address = address
    self.report = report
    self.quality = quality
  }
}
