import Supervision

// The one place where our reasons become SIP statuses, and the peers' statuses ours.

extension SIPFailure {
  /// How a refusal of ours is answered. The phrase is short; the explanation goes into the Reason header.
  package init(refusal: Refusal) {
    switch refusal {
    case .unknownCall: self.init(404, "No Such Call")
    case .noCallForAgent: self.init(480, "Agent Has No Call")
    case .unknownSession: self.init(404, "No Such Session")
    case .notPermitted(let permission): self.init(403, "Not Permitted: \(permission.rawValue)")
    case .alreadySupervising: self.init(486, "Supervising Another Call")
    case .alreadyTakenOver: self.init(486, "Call Is Taken Over")
    case .agentReleased: self.init(480, "Agent Was Released")
    case .callNotActive: self.init(480, "Call Is Not Active")
    case .auditUnavailable: self.init(503, "Audit Unavailable")
    case .statementMissing(let what): self.init(403, "Statement Missing: \(what)")
    case .deviceUnusable: self.init(480, "Device Unusable")
    case .deviceBusy: self.init(486, "Busy Here")
    case .deviceNoAnswer: self.init(408, "No Answer")
    case .noCommonCodec, .badDescription: self.init(488, "Not Acceptable Here")
    case .noResources: self.init(503, "No Resources")
    case .overloaded: self.init(503, "Overloaded", retryAfter: 10)
    case .noRoute: self.init(404, "Not Found")
    case .whisperRejected: self.init(480, "Whisper Rejected")
    case .cueUndeliverable, .badText: self.init(400, "Bad Text")
    case .transferPending: self.init(491, "Another Transfer Is Pending")
    case .transferRefused: self.init(403, "Transfer Refused")
    case .stopping: self.init(503, "Stopping")
    }
  }

  /// What a caller is told when the peer that we called for him has answered so.
  package init(answer status: Int, phrase: String) {
    switch status {
    // Redirects aren't followed: they would lead around the routing table.
    case ..<400: self.init(480, "Temporarily Unavailable")
    // The next hop wants credentials of Earshot, which has none: not the caller's fault.
    case 401, 407: self.init(503, "Next Hop Wants Credentials")
    // Loops and transaction trouble of the outgoing dialog mean nothing to the incoming one.
    case 481, 482, 483: self.init(503, "Next Hop Failed")
    case 400...699: self.init(status, phrase.isEmpty ? "Failed" : phrase)
    default: self.init(503, "Next Hop Unreachable")
    }
  }

  static let notRegistered = SIPFailure(480, "Not Registered")
  static let noAnswer = SIPFailure(408, "No Answer")
}

extension HangupReason {
  /// The Reason header's line (RFC 3326).
  package var header: String {
    "Reason: \(SIPText.line(protocolName));cause=\(cause);text=\(SIPText.quoted(text))"
  }

  /// The reason that a peer gave, or `otherwise`.
  package init(_ reason: SIPMessage.Reason?, otherwise: HangupReason) {
    guard let reason, !reason.protocolName.isEmpty else {
      self = otherwise
      return
    }
    self.init(protocolName: reason.protocolName, cause: reason.cause ?? otherwise.cause, text: reason.text)
  }

  static let cancelled = HangupReason(cause: 487, text: "The caller hung up before the answer")
  static let noAnswer = HangupReason(cause: 408, text: "No answer in time")

  /// How an INVITE is refused that this reason ends: the SIP status if it is one, else 487.
  package var refusal: SIPFailure {
    protocolName.uppercased() == "SIP" && (400...699).contains(cause)
      ? SIPFailure(cause, text) : SIPFailure(487, "Request Terminated")
  }
}
