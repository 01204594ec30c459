import Supervision

/// REFER (RFC 3515) and Replaces (RFC 3891): who may ask, and what is answered. Whom it leads to is the calls' matter.
extension SIPPlane {
  /// Why a dialog can't be replaced, as the one who asks is told.
  struct PlaceRefusal: Error {
    let failure: SIPFailure
  }

  /// A REFER within one of our dialogs. What can be understood is accepted (202); how it goes is told by NOTIFY.
  func referred(_ request: SIPRequest, _ leg: SIPLeg) {
    let answer = { (status: Int, phrase: String) in
      self.wire { $0.respond(request.dialog, status: status, phrase: phrase) }
    }
    guard leg.state == .up || leg.state == .reoffered else { return answer(491, "Request Pending") }
    guard let target = request.message.referTo else { return answer(400, "Refer-To Missing Or Unreadable") }
    // Not 416, which would end the dialog and the call with it (RFC 5057 section 5.1).
    guard ["sip", "sips"].contains(target.scheme) else { return answer(400, "Refer-To Is No SIP URI") }
    guard target.method == nil || target.method == "INVITE" else {
      return answer(403, "Only Calls Can Be Referred")
    }
    guard !target.user.isEmpty || target.replaces != nil else { return answer(400, "Refer-To Names Nobody") }
    guard leg.referral == nil else { return answer(491, "Another Transfer Is Pending") }
    answer(202, "Accepted")
    legs[leg.id]?.referral = request.message.sequence
    guard let replaces = target.replaces else {
      return report(.referred(leg.id, .number(target.user)))
    }
    guard let other = named(by: replaces), other.id != leg.id else {
      return reportReferral(leg.id, .failed(SIPFailure(481, "No Such Dialog")))
    }
    report(.referred(leg.id, .leg(other.id)))
  }

  func reportReferral(_ id: LegID, _ outcome: ReferralOutcome) {
    guard let leg = legs[id], let sequence = leg.referral, !leg.isReported else { return }
    let (status, phrase) =
      switch outcome {
      case .trying: (100, "Trying")
      case .ringing: (180, "Ringing")
      case .accepted: (200, "OK")
      case .failed(let failure): (failure.status, failure.phrase)
      case .refused(let refusal): SIPFailure(refusal: refusal).line
      }
    if status >= 200 { legs[id]?.referral = nil }
    wire { $0.notifyRefer(leg.dialog, sequence: sequence, status: status, phrase: phrase) }
  }

  /// The leg whose place an INVITE wants to take.
  func placeToTake(_ replaces: SIPMessage.Replaces) -> Result<LegID, PlaceRefusal> {
    guard let leg = named(by: replaces) else {
      return .failure(PlaceRefusal(failure: SIPFailure(481, "No Such Dialog")))
    }
    // RFC 3891 section 3: it is answered already, and the caller wanted it only if it weren't.
    guard !replaces.isEarlyOnly else { return .failure(PlaceRefusal(failure: SIPFailure(486, "Busy Here"))) }
    return .success(leg.id)
  }

  private func named(by replaces: SIPMessage.Replaces) -> SIPLeg? {
    legs.values.first { leg in
      (leg.state == .up || leg.state == .reoffered) && leg.name?.isMeant(by: replaces) == true
    }
  }
}

extension SIPFailure {
  fileprivate var line: (Int, String) { (status, phrase) }
}
