import Supervision

extension Problem {
  /// The one mapping of the domain's refusals to HTTP.
  package init(_ refusal: Refusal) {
    let (status, slug, title, retry) = Self.outline(refusal)
    self.init(
      status, slug, title, refusal.explanation,
      headers: retry.map { [.init("retry-after", String($0))] } ?? [])
  }

  /// Status, slug, title, and after how many seconds it is worth another try.
  private static func outline(_ refusal: Refusal) -> (Int, String, String, Int?) {
    switch refusal {
    case .unknownCall: (404, "unknown-call", "No such call", nil)
    case .noCallForAgent: (404, "no-call-for-agent", "The agent is in no call", nil)
    case .unknownSession: (404, "unknown-session", "No such session", nil)
    case .notPermitted: (403, "not-permitted", "Not permitted", nil)
    case .alreadySupervising: (409, "already-supervising", "One call at a time", nil)
    case .alreadyTakenOver: (409, "already-taken-over", "Taken over by somebody else", nil)
    case .agentReleased: (409, "agent-released", "The agent has left", nil)
    case .callNotActive: (409, "call-not-active", "The call isn't up", nil)
    case .deviceBusy: (409, "device-busy", "The supervisor's phone is busy", nil)
    case .deviceNoAnswer: (409, "device-no-answer", "The supervisor's phone didn't answer", nil)
    case .whisperRejected: (409, "whisper-rejected", "The agent didn't accept", nil)
    case .cueUndeliverable: (409, "cue-undeliverable", "The cue can't be delivered", nil)
    case .transferPending: (409, "transfer-pending", "Another transfer is under way", 5)
    case .transferRefused: (409, "transfer-refused", "The transfer can't be done", nil)
    case .badText: (422, "bad-text", "This text can't be taken", nil)
    case .noRoute: (422, "no-route", "The number leads nowhere", nil)
    case .statementMissing: (422, "statement-missing", "A statement is missing", nil)
    case .deviceUnusable: (422, "device-unusable", "The device can't be used", nil)
    case .noCommonCodec: (422, "no-common-codec", "No codec in common", nil)
    case .badDescription: (422, "bad-description", "The session description can't be used", nil)
    case .auditUnavailable: (503, "audit-unavailable", "No audit, no supervision", 5)
    case .overloaded: (503, "overloaded", "Too much to do", 10)
    case .noResources: (503, "no-resources", "No room", 5)
    case .stopping: (503, "stopping", "Earshot is stopping", 5)
    }
  }
}
