import Supervision

/// Session timers (RFC 4028), in both directions: a peer that is gone without a word is found, by his answer to our
/// refresh or by the refresh that he owes us.
extension SIPPlane {
  /// Lines of an INVITE that opens a dialog.
  /// - Parameter floor: seconds that the peer takes at least.
  func timerOffer(floor: Int = 0) -> [String] {
    guard settings.sessionExpires > 0 else { return [] }
    let minimum = max(settings.minimumSession, floor)
    return SessionHeaders(expires: max(settings.sessionExpires, minimum), minimum: minimum).lines
  }

  func timerVerdict(_ message: SIPMessage) -> SessionTimer.Verdict {
    SessionTimer.verdict(
      message.session, supportsTimer: message.extensions.contains(SIPExtension.sessionTimer.rawValue),
      wanted: settings.sessionExpires, minimum: settings.minimumSession)
  }

  /// Keeps what a request within the dialog, or the one that opens it, says of the timer. False if it was refused (422).
  func takeTimer(_ request: SIPRequest, _ id: LegID) -> Bool {
    switch timerVerdict(request.message) {
    case .none: legs[id]?.session.timer = nil
    case .tooSmall(let minimum):
      refuseTimer(request, minimum)
      return false
    case .agreed(let timer): legs[id]?.session.timer = timer
    }
    learn(request.message, id)
    return true
  }

  func refuseTimer(_ request: SIPRequest, _ minimum: Int) {
    wire {
      $0.respond(
        request.dialog, status: 422, phrase: "Session Interval Too Small", headers: ["Min-SE: \(minimum)"])
    }
  }

  func learn(_ message: SIPMessage, _ id: LegID) {
    if !message.allow.isEmpty {
      legs[id]?.session.allowsUpdate = message.allow.contains(SIPMethod.update.rawValue)
    }
    if let sdp = message.sdp { legs[id]?.session.heard = sdp }
  }

  /// Lines of our 2xx to a request that keeps the session. The interval begins anew.
  func confirmTimer(_ id: LegID) -> [String] {
    guard let timer = legs[id]?.session.timer else {
      stopTimers(id)
      return []
    }
    runTimers(id)
    return timer.answerLines
  }

  /// The peer's 2xx to our INVITE or refresh.
  func timerAnswered(_ message: SIPMessage?, _ id: LegID) {
    guard let message else { return }
    learn(message, id)
    legs[id]?.session.timer = SessionTimer(answer: message.session)
    runTimers(id)
  }

  /// Whether our INVITE was refused for the timer in it alone, and can be made again with a longer one.
  func isTimerRefused(_ response: SIPResponse, _ leg: SIPLeg) -> Bool {
    leg.invite != nil && (response.message?.session.minimum ?? 0) > leg.session.floor
  }

  /// Calls again with the interval that the peer takes (section 7.4).
  func askLonger(_ response: SIPResponse, _ leg: SIPLeg) {
    guard var invite = leg.invite, let minimum = response.message?.session.minimum else { return }
    let old = timerOffer(floor: leg.session.floor)
    legs[leg.id]?.session.floor = minimum
    invite.headers.removeAll { old.contains($0) }
    invite.headers += timerOffer(floor: minimum)
    redial(leg.id, invite)
  }

  // MARK: Time

  private func runTimers(_ id: LegID) {
    stopTimers(id)
    guard let timer = legs[id]?.session.timer else { return }
    legs[id]?.session.expiry = after(timer.lifetime) { $0.expired(id) }
    if timer.isOurs { refresh(id, in: timer.refreshTime) }
  }

  func stopTimers(_ id: LegID) {
    guard let session = legs[id]?.session else { return }
    wire { stack in
      if let timer = session.refresh { stack.cancel(timer) }
      if let timer = session.expiry { stack.cancel(timer) }
    }
    legs[id]?.session.refresh = nil
    legs[id]?.session.expiry = nil
  }

  private func after(
    _ milliseconds: Int, _ action: @escaping @Sendable (isolated SIPPlane) -> Void
  ) -> SIPTimer {
    wire { stack in
      stack.after(milliseconds: milliseconds) { [weak self] _ in self?.assumeIsolated { action($0) } }
    }
  }

  private func refresh(_ id: LegID, in milliseconds: Int) {
    if let timer = legs[id]?.session.refresh { wire { $0.cancel(timer) } }
    legs[id]?.session.refresh = after(milliseconds) { plane in
      plane.legs[id]?.session.refresh = nil
      plane.refresh(id)
    }
  }

  private func expired(_ id: LegID) {
    guard let leg = legs[id], leg.state == .up || leg.state == .reoffered else { return }
    legs[id]?.session.expiry = nil
    lose(id, "the session has expired: the peer has not refreshed it")
    wire { $0.bye(leg.dialog, headers: [HangupReason(cause: 408, text: "Session expired").header]) }
  }

  // MARK: Refresh

  /// By UPDATE without a description; by an INVITE that says the same again where the peer knows no UPDATE.
  private func refresh(_ id: LegID) {
    guard let leg = legs[id], let timer = leg.session.timer, leg.state == .up, !leg.session.isRefreshing
    else {
      // The peer's own re-INVITE, that is under way, refreshes as well.
      return refresh(id, in: 1_000)
    }
    legs[id]?.session.isRefreshing = true
    let lines = timer.requestLines(floor: leg.session.floor)
    wire { stack in
      if leg.session.allowsUpdate {
        stack.update(leg.dialog, headers: lines)
      } else {
        stack.reinvite(leg.dialog, sdp: leg.session.described, headers: lines)
      }
    }
  }

  /// An answer to our refresh.
  func refreshed(_ response: SIPResponse, _ leg: SIPLeg) {
    guard leg.session.isRefreshing, response.status >= 200 else { return }
    let id = leg.id
    legs[id]?.session.isRefreshing = false
    guard leg.state == .up || leg.state == .reoffered else { return }
    switch response.status {
    case 200..<300:
      let heard = leg.session.heard
      timerAnswered(response.message, id)
      if let message = response.message, let sdp = message.sdp, sdp != heard {
        report(.answeredOffer(id, sdp: sdp, source: message.sourceAddress))
      }
    case 422:
      guard let minimum = response.message?.session.minimum, minimum > leg.session.floor else { return }
      legs[id]?.session.floor = minimum
      refresh(id)
    case 405, 501:
      legs[id]?.session.allowsUpdate = false
      refresh(id)
    case 491:
      var generator = SystemRandomNumberGenerator()
      refresh(id, in: SessionTimer.glareWait(isCaller: leg.invite != nil, using: &generator))
    case _ where response.status == 408 || response.status == 481 || response.message == nil:
      lose(id, "the peer doesn't answer our refresh (\(response.status))")
      wire { $0.bye(leg.dialog, headers: [HangupReason(cause: 408, text: "Peer lost").header]) }
    default:
      // He is there and doesn't want it just now. What counts is that he takes one before the session expires.
      refresh(id, in: max(1_000, (leg.session.timer?.interval ?? 0) * 100))
    }
  }
}
