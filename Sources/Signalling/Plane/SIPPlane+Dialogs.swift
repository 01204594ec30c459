import Supervision

/// What peers say within the dialogs of our legs.
extension SIPPlane {
  func inDialog(_ request: SIPRequest, _ id: LegID) {
    guard let leg = legs[id] else { return }
    switch request.method {
    case .ack:
      legs[id]?.name = leg.name ?? SIPDialogName(ours: request.message.to, peer: request.message)
      acknowledged(request.message, leg)
    case .cancel where leg.state == .reoffered:
      // Of the re-INVITE alone; the call stays as it was.
      legs[id]?.state = .up
      legs[id]?.offersLate = false
    case .cancel:
      reportEnd(id, .ended(id, HangupReason(request.message.reason, otherwise: .cancelled)))
      legs[id]?.state = .over
    case .bye:
      reportEnd(id, .ended(id, HangupReason(request.message.reason, otherwise: .normal)))
      cancelTimer(id)
      legs[id]?.state = .over
    case .invite: reoffered(request, leg)
    case .options: answerOptions(request)
    case .update: updated(request, leg)
    case .prack: confirmed(request, leg)
    case .info: informed(request, leg)
    case .refer: referred(request, leg)
    default: wire { $0.respond(request.dialog, status: 501, phrase: "Not Implemented") }
    }
  }

  private func acknowledged(_ message: SIPMessage, _ leg: SIPLeg) {
    legs[leg.id]?.offersLate = false
    defer {
      if leg.offersLate, leg.state == .accepted || leg.state == .up {
        legs[leg.id]?.session.heard = message.sdp
        report(.answeredOffer(leg.id, sdp: message.sdp, source: message.sourceAddress))
      }
    }
    switch leg.state {
    case .accepted:
      legs[leg.id]?.state = .up
      report(.acknowledged(leg.id))
      watch(leg.id)
    case .leaving(let reason): hangUp(leg.id, reason)
    default: break
    }
  }

  private func reoffered(_ request: SIPRequest, _ leg: SIPLeg) {
    guard !request.isAnswered else { return }
    guard leg.state == .up else {
      // RFC 3261 section 14.2: another offer is under way, or there is nothing left to talk about.
      return wire { $0.respond(leg.dialog, status: 491, phrase: "Request Pending") }
    }
    if leg.isHeld { return refuse(request, .theirs) }
    guard takeTimer(request, leg.id) else { return }
    legs[leg.id]?.state = .reoffered
    legs[leg.id]?.offersLate = request.message.sdp == nil
    report(.offered(leg.id, sdp: request.message.sdp))
  }

  func answered(_ response: SIPResponse, _ id: LegID) {
    guard let leg = legs[id] else { return }
    switch response.method {
    case .invite where leg.session.isRefreshing: refreshed(response, leg)
    case .invite: inviteAnswered(response, leg)
    case .update: refreshed(response, leg)
    case .bye where response.status >= 200:
      if case .ending(let reason) = leg.state { reportEnd(id, .ended(id, reason)) }
    case .options where response.status >= 200: checked(response, leg)
    default: break
    }
  }

  private func inviteAnswered(_ response: SIPResponse, _ leg: SIPLeg) {
    let id = leg.id
    switch (leg.state, response.status) {
    case (.dialling, 100..<200):
      legs[id]?.state = .dialling(isHeard: true)
      hopSpoke(id, response.status)
      guard response.status > 100 else { return }
      let message = response.message
      if let message { learn(message, id) }
      report(
        .progress(id, status: response.status, sdp: message?.sdp, source: message?.sourceAddress ?? ""))
    case (.dialling, 200..<300):
      hopSpoke(id, response.status)
      _ = trunks.settle(id)
      legs[id]?.state = .up
      timerAnswered(response.message, id)
      legs[id]?.name = response.message.map { SIPDialogName(ours: $0.from, peer: $0.to, callID: $0.callID) }
      report(.answered(id, sdp: response.message?.sdp, source: response.message?.sourceAddress ?? ""))
      watch(id)
    case (.dialling, 422) where isTimerRefused(response, leg): askLonger(response, leg)
    case (.dialling, _):
      if goesOn(id, after: response) { return }
      legs[id]?.state = .over
      reportEnd(id, .failed(id, SIPFailure(answer: response.status, phrase: response.phrase)))
      remove(id)
    case (.cancelling(let reason, isHeard: false), 100..<200):
      legs[id]?.state = .cancelling(reason, isHeard: true)
      wire { $0.cancel(leg.dialog, headers: [reason.header]) }
    case (.cancelling(let reason, _), 200..<300):
      // The answer crossed our CANCEL: the dialog is there, so it is hung up.
      hangUp(id, reason)
    case (.cancelling(let reason, _), 300...):
      legs[id]?.state = .over
      reportEnd(id, .ended(id, reason))
      remove(id)
    default: break
    }
  }

  func terminated(_ id: LegID) {
    guard let leg = legs[id] else { return }
    switch leg.state {
    case .ending(let reason), .leaving(let reason), .cancelling(let reason, _):
      reportEnd(id, .ended(id, reason))
    case .dialling: reportEnd(id, .failed(id, SIPFailure(503, "Next Hop Unreachable")))
    case .invited: reportEnd(id, .ended(id, .cancelled))
    case .accepted, .up, .reoffered: lose(id, "the dialog broke off")
    case .over: break
    }
    remove(id)
  }

  /// The library gave up on something of this leg.
  func failed(_ id: LegID, status: Int, phrase: String) {
    guard let leg = legs[id] else { return }
    // RFC 3261 section 13.3.1.4: no ACK for our 200. The library sends the BYE itself.
    switch leg.state {
    case .accepted where status == 408: lose(id, "the peer never acknowledged our answer")
    case .leaving(let reason) where status == 408: reportEnd(id, .ended(id, reason))
    default: logAtDoor("SIP \(status) on \(id): \(phrase)")
    }
  }

  func lose(_ id: LegID, _ why: String) {
    count(\.lost)
    reportEnd(id, .lost(id, why))
    legs[id]?.state = .over
  }

  // MARK: Keep-alive

  /// From now on, asks from time to time whether the peer is still there: OPTIONS within the dialog (RFC 3261 section
  /// 11), to which any answer but "no such dialog" will do.
  private func watch(_ id: LegID) {
    guard settings.keepAlive > 0 else { return cancelTimer(id) }
    setTimer(id, milliseconds: settings.keepAlive * 1000) { plane in
      guard let leg = plane.legs[id] else { return }
      plane.wire { $0.options(leg.dialog) }
    }
  }

  private func checked(_ response: SIPResponse, _ leg: SIPLeg) {
    guard leg.state == .up || leg.state == .reoffered else { return }
    // 408 and 503 without a message are the library's: nobody answered. 481: the peer has forgotten the call.
    guard response.status == 481 || (response.message == nil && response.status >= 400) else {
      return watch(leg.id)
    }
    lose(leg.id, "the peer doesn't answer any more (\(response.status))")
    wire { $0.bye(leg.dialog, headers: [HangupReason(cause: 408, text: "Peer lost").header]) }
  }
}
