/// Browsers: connected by ICE and DTLS after the descriptions were exchanged, and lost without a farewell.
extension Call {
  /// Milliseconds that a supervisor's browser may take to be connected, from our answer on.
  static let browserConnectTime: Int64 = 15_000
  /// Milliseconds that a party's browser may be lost before its leg is ended.
  static let partyReturnTime: Int64 = 10_000

  mutating func browser(_ id: LegID, _ happened: (inout Call, Leg) -> [CallEffect]) -> [CallEffect] {
    guard let leg = legs[id] else { return [.illegal(.eventForUnknownLeg)] }
    guard leg.phase != .ending else { return [.illegal(.callEnding)] }
    guard leg.transport == .webRTC else { return [.illegal(.noBrowser)] }
    return happened(&self, leg)
  }

  // MARK: A supervisor's

  /// The media plane has our answer: it goes back with the reply to the request that brought the offer.
  mutating func browserAnswered(_ id: SessionID, _ leg: Leg, _ sdp: String) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].phase == .connecting else {
      return [.illegal(.descriptionUnasked)]
    }
    legs[leg.id]?.phase = .keying
    legs[leg.id]?.description = sdp
    var snapshot = snapshot(of: sessions[index])
    snapshot.answer = sdp
    return [.startTimer(.browserConnect(id), milliseconds: Self.browserConnectTime)]
      + answer(index, .success(snapshot))
  }

  mutating func browserTooSlow(_ id: SessionID, at now: Moment) -> [CallEffect] {
    guard let session = session(id), session.phase == .connecting, session.isBrowser else { return [] }
    let why =
      "it wasn't connected within 15 s of the answer; check that UDP from it to Earshot's media port passes"
    return deviceFailed(id, .deviceUnusable(why), at: now)
  }

  // MARK: Anybody's

  mutating func browserConnected(_ leg: Leg, at now: Moment) -> [CallEffect] {
    guard case .supervisor(let id) = leg.purpose else { return [.stopTimer(.partyReturn(leg.id))] }
    guard leg.phase == .keying else { return [.illegal(.connectedTwice)] }
    legs[leg.id]?.phase = .answered
    return [.stopTimer(.browserConnect(id))] + goLive(id, at: now)
  }

  /// A supervisor is out at once, and may come back; a party's page may reload while the call waits for it.
  mutating func browserLost(_ leg: Leg, _ why: String, at now: Moment) -> [CallEffect] {
    guard case .supervisor(let id) = leg.purpose else {
      return [.startTimer(.partyReturn(leg.id), milliseconds: Self.partyReturnTime)]
    }
    guard leg.phase == .answered else {
      let refusal = Refusal.deviceUnusable("it was lost while it was being connected: \(why)")
      return [.stopTimer(.browserConnect(id))] + deviceFailed(id, refusal, at: now)
    }
    return legEnded(leg, HangupReason(cause: 408, text: why), isLost: true, at: now)
  }

  /// The time in which a party's browser might have come back is over.
  mutating func partyStaysAway(_ id: LegID, at now: Moment) -> [CallEffect] {
    guard let leg = legs[id], leg.phase != .ending else { return [] }
    let reason = HangupReason(cause: 408, text: "The browser was lost and didn't come back within 10 s")
    guard isReplaced(leg.participant) else {
      guard parties.count > 2 else { return end(reason, at: now) }
      return hangUp(id, reason) + partyGone(leg, reason, at: now)
    }
    return hangUp(id, reason) + depart(leg.participant, at: now)
  }
}
