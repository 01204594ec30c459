import Supervision

/// What the calls tell the plane to do.
extension SIPPlane {
  package nonisolated func perform(_ command: SignallingCommand) {
    stack.thread.submit { self.assumeIsolated { $0.carryOut(command) } }
  }

  private func carryOut(_ command: SignallingCommand) {
    switch command {
    case .dial(let id, let target, let sdp, let caller, let options): dial(id, target, sdp, caller, options)
    case .progress(let id, let status, let sdp): progress(id, status, sdp)
    case .answer(let id, let sdp): answer(id, sdp)
    case .reject(let id, let failure): reject(id, failure, because: nil)
    case .refuse(let id, let refusal): reject(id, SIPFailure(refusal: refusal), because: refusal.explanation)
    case .answerOffer(let id, let sdp): answerOffer(id, status: 200, phrase: "OK", sdp: sdp, because: nil)
    case .rejectOffer(let id, let refusal):
      let failure = SIPFailure(refusal: refusal)
      answerOffer(
        id, status: failure.status, phrase: failure.phrase, sdp: nil, because: refusal.explanation)
    case .reportReferral(let id, let outcome): reportReferral(id, outcome)
    case .showLamp(let id, let lamp): showLamp(id, lamp)
    case .refuseLamp(let id, let refusal): refuseLamp(id, refusal)
    case .end(let id, let reason): end(id, reason)
    }
  }

  // MARK: Outgoing

  private func dial(
    _ id: LegID, _ target: DialTarget, _ sdp: String, _ caller: CallerIdentity, _ options: DialOptions
  ) {
    guard legs[id] == nil else { return }
    guard !isStopping else { return report(.failed(id, SIPFailure(refusal: .stopping))) }
    let uri: String
    var proxy: String?
    var attempt: TrunkStates.Attempt?
    switch target {
    case .user(let tenant, let user):
      guard let binding = registrar.binding(of: user, tenant: tenant, at: clock()) else {
        return report(.failed(id, .notRegistered))
      }
      uri = binding.contact
      proxy = binding.source
    case .nextHop(let name, let user):
      guard let first = self.attempt(id, at: name, for: user) else { return }
      attempt = first
      uri = first.uri
    case .uri(let text):
      guard text.hasPrefix("sip:"), !text.contains(where: { $0.isWhitespace || "<>\"".contains($0) }) else {
        return report(.failed(id, SIPFailure(404, "Not A SIP URI")))
      }
      uri = text
    }
    let call = OutgoingInvite(
      uri: uri, fromUser: caller.user, fromName: caller.name, sdp: sdp, proxy: proxy,
      headers: (options.autoAnswer ? Self.autoAnswer : [])
        + (options.maxForwards.map { ["Max-Forwards: \($0)"] } ?? []) + timerOffer(),
      credentials: attempt?.trunk.credentials)
    let dialog = wire { $0.invite(call) }
    var leg = SIPLeg(id: id, dialog: dialog, state: .dialling(isHeard: false))
    leg.invite = call
    leg.session.described = sdp
    add(leg)
    setTimer(id, milliseconds: options.ringTimeout * 1000) { plane in
      plane.takeBack(id, .noAnswer)
      plane.reportEnd(id, .failed(id, .noAnswer))
    }
    if let attempt { begin(attempt, call, id) }
  }

  /// The three ways in which desk phones are told to answer by themselves: Call-Info of Broadsoft's and most others,
  /// Alert-Info of Polycom's and Yealink's, RFC 5373.
  private static let autoAnswer = [
    "Call-Info: <sip:earshot>;answer-after=0",
    "Alert-Info: <http://localhost>;info=alert-autoanswer;delay=0",
    "Answer-Mode: Auto",
  ]

  /// Takes an unanswered INVITE back: CANCEL, as soon as it may be sent.
  private func takeBack(_ id: LegID, _ reason: HangupReason) {
    guard let leg = legs[id], case .dialling(let isHeard) = leg.state else { return }
    legs[id]?.state = .cancelling(reason, isHeard: isHeard)
    if isHeard { wire { $0.cancel(leg.dialog, headers: [reason.header]) } }
  }

  // MARK: Incoming

  private func progress(_ id: LegID, _ status: Int, _ sdp: String?) {
    guard let leg = legs[id], leg.state == .invited, !leg.isSilentUntilAnswer else { return }
    let phrase = status == 180 ? "Ringing" : "Session Progress"
    if let sdp { legs[id]?.session.described = sdp }
    wire { $0.respond(leg.dialog, status: status, phrase: phrase, sdp: sdp) }
  }

  private func answer(_ id: LegID, _ sdp: String) {
    guard let leg = legs[id], leg.state == .invited else { return }
    legs[id]?.state = .accepted
    legs[id]?.session.described = sdp
    let timer = confirmTimer(id)
    wire { $0.respond(leg.dialog, status: 200, phrase: "OK", sdp: sdp, headers: timer) }
  }

  private func reject(_ id: LegID, _ failure: SIPFailure, because explanation: String?) {
    guard let leg = legs[id], leg.state == .invited else { return }
    var headers = explanation.map { [HangupReason(cause: failure.status, text: $0).header] } ?? []
    if let seconds = failure.retryAfter, seconds > 0 { headers.append("Retry-After: \(seconds)") }
    wire {
      $0.respond(leg.dialog, status: failure.status, phrase: failure.phrase, headers: headers)
    }
    legs[id]?.state = .over
    legs[id]?.isReported = true
    remove(id)
  }

  private func answerOffer(
    _ id: LegID, status: Int, phrase: String, sdp: String?, because explanation: String?
  ) {
    guard let leg = legs[id], leg.state == .reoffered || leg.isHeld else { return }
    if let sdp { legs[id]?.session.described = sdp }
    let reason = explanation.map { HangupReason(cause: status, text: $0).header }
    let headers = (reason.map { [$0] } ?? []) + (status < 300 && leg.state.isUp ? confirmTimer(id) : [])
    legs[id]?.isHeld = false
    if leg.isHeld {
      return wire { $0.respondHeld(leg.dialog, status: status, phrase: phrase, sdp: sdp, headers: headers) }
    }
    legs[id]?.state = .up
    wire { $0.respond(leg.dialog, status: status, phrase: phrase, sdp: sdp, headers: headers) }
  }

  // MARK: End

  /// Ends a leg whatever its state. The end is reported when the peer has confirmed it, or after the farewell time:
  /// a peer that is gone keeps nobody waiting.
  func end(_ id: LegID, _ reason: HangupReason) {
    guard let leg = legs[id] else { return }
    switch leg.state {
    case .invited:
      let failure = reason.refusal
      wire {
        $0.respond(leg.dialog, status: failure.status, phrase: failure.phrase, headers: [reason.header])
      }
      legs[id]?.state = .over
      reportEnd(id, .ended(id, reason))
      return remove(id)
    case .accepted: legs[id]?.state = .leaving(reason)
    case .dialling: takeBack(id, reason)
    case .up, .reoffered: hangUp(id, reason)
    case .cancelling, .leaving, .ending, .over: return
    }
    setTimer(id, milliseconds: settings.farewell) { plane in plane.reportEnd(id, .ended(id, reason)) }
  }

  /// BYE.
  func hangUp(_ id: LegID, _ reason: HangupReason) {
    guard let leg = legs[id] else { return }
    legs[id]?.state = .ending(reason)
    wire { $0.bye(leg.dialog, headers: [reason.header]) }
  }
}
