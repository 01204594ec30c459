/// From the written entry to the first sound: the supervisor's phone.
extension Call {
  mutating func auditWritten(_ ticket: AuditTicket, at now: Moment) -> [CallEffect] {
    guard let act = tickets.removeValue(forKey: ticket) else { return [.illegal(.ticketUnknown)] }
    switch act {
    case .open(let id):
      guard let index = indexOf(id), sessions[index].phase == .authorising else {
        return withdrawn(id, at: now) + finishIfOver()
      }
      sessions[index].phase = .connecting
      if sessions[index].isConnected { return goLive(id, at: now) }
      // A browser is told when there is an answer for it.
      return connectDevice(index) + (sessions[index].isBrowser ? [] : reply(index))
    case .raise(let id, let request, let mode):
      guard let index = indexOf(id), sessions[index].raise == ticket, sessions[index].phase == .live else {
        return raiseWithdrawn(id, request, mode, at: now) + finishIfOver()
      }
      sessions[index].raise = nil
      return enter(mode, id, at: now) + reply(index)
    case .follow(let id, let newcomer): return followed(id, newcomer) + finishIfOver()
    case .cue(let id, let request, let text):
      return deliver(text, of: id, request, at: now) + finishIfOver()
    }
  }

  mutating func auditFailed(_ ticket: AuditTicket, at now: Moment) -> [CallEffect] {
    guard let act = tickets.removeValue(forKey: ticket) else { return [.illegal(.ticketUnknown)] }
    let refusal = Refusal.auditUnavailable
    switch act {
    case .open(let id):
      guard let index = indexOf(id), sessions[index].phase == .authorising else { return finishIfOver() }
      let session = sessions[index]
      if session.isConnected { return close(id, because: refusal.explanation, at: now) + finishIfOver() }
      var effects = turnAway(session.request) { .signalling(.refuse($0, refusal)) }
      legs[session.leg] = nil
      effects.append(.audit(entry(.refused, of: session, at: now, outcome: refusal.explanation), .after, nil))
      effects += answer(index, .failure(refusal))
      effects += fallBack(index, because: refusal)
      return effects + finishIfOver()
    case .raise(let id, _, let mode):
      guard let index = indexOf(id), sessions[index].raise == ticket else { return finishIfOver() }
      sessions[index].raise = nil
      return refuseChange(index, refusal, asking: mode, at: now)
    case .follow(let id, _): return close(id, because: refusal.explanation, at: now) + finishIfOver()
    case .cue(let id, let request, let text):
      return cueRefused(refusal, text, of: id, request, at: now) + finishIfOver()
    }
  }

  /// The entry is on disk: now, and not before, the device may be connected.
  private mutating func connectDevice(_ index: Int) -> [CallEffect] {
    let session = sessions[index]
    switch session.request.device {
    case .dialledIn(let id, let sdp, _):
      guard let leg = legs[id] else { return [] }
      if let sdp { return [.media(.acceptOffer(mediaLeg(leg), sdp: sdp))] }
      legs[id]?.phase = .offered
      legs[id]?.offersLate = true
      return [.media(.makeOffer(mediaLeg(leg), like: self.leg(of: session.target)))]
    case .webRTC(let offer):
      let leg = Leg(
        id: session.leg, participant: session.participant, purpose: .supervisor(session.id), phase: .offering,
        sources: SourcePolicy(signallingAddress: nil), transport: .webRTC)
      legs[leg.id] = leg
      return [.media(.acceptOffer(mediaLeg(leg), sdp: offer))]
    case .sip:
      let leg = Leg(
        id: session.leg, participant: session.participant, purpose: .supervisor(session.id),
        phase: .preparing,
        sources: SourcePolicy(signallingAddress: nil))
      legs[leg.id] = leg
      return [.media(.makeOffer(mediaLeg(leg), like: self.leg(of: session.target)))]
    }
  }

  func dialDevice(of id: SessionID, _ leg: LegID, _ sdp: String) -> [CallEffect] {
    guard let session = session(id), case .sip(let uri) = session.request.device else { return [] }
    let shown = CallerIdentity(
      user: participant(session.target)?.address ?? "earshot", name: "Earshot \(session.mode.rawValue)")
    let options = DialOptions(autoAnswer: true, ringTimeout: policy.deviceRingTimeout)
    return [
      .signalling(.dial(leg, Self.device(uri, facts.tenant), sdp: sdp, caller: shown, options: options))
    ]
  }

  /// A bare name is a registered user's phone.
  private static func device(_ uri: String, _ tenant: TenantID) -> DialTarget {
    uri.contains(":") ? .uri(uri) : .user(tenant, UserID(uri))
  }

  /// His phone is connected: he hears and is heard as his mode says.
  mutating func goLive(_ id: SessionID, at now: Moment) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].phase == .connecting else { return [] }
    sessions[index].phase = .live
    sessions[index].hasBeenLive = true
    sessions[index].hasLostHandling = false
    // Who had muted himself isn't opened to the customer by a reload or a network that came back.
    let isMuted = sessions[index].isReturning && !sessions[index].talked
    sessions[index].isReturning = false
    return [.stopTimer(.supervisorReturn(id))]
      + enter(sessions[index].mode, id, isMuted: isMuted, at: now)
      + askWhisperAtLast(index, at: now)
  }

  /// The phone is busy, doesn't answer, speaks no codec of ours. He who was on his way back may try again.
  mutating func deviceFailed(_ id: SessionID, _ refusal: Refusal, at now: Moment) -> [CallEffect] {
    guard let index = indexOf(id), sessions[index].isOpen else { return [] }
    let session = sessions[index]
    // He had our offer with the 200, and his answer is of no use.
    let isAnswered = legs[session.leg]?.phase == .answered
    var effects = hangUp(session.leg, HangupReason(cause: 488, text: refusal.explanation), .hangUp)
    if case .dialledIn = session.request.device, !isAnswered {
      effects = hangUp(session.leg, HangupReason(cause: 488, text: refusal.explanation), .refuse(refusal))
    } else if !isAnswered, legs[session.leg]?.isAccepted != true {
      effects = []
      legs[session.leg] = nil
    }
    effects.append(.media(.closeLeg(session.leg)))
    effects.append(.audit(entry(.abandoned, of: session, at: now, outcome: refusal.explanation), .after, nil))
    effects += answer(index, .failure(refusal))
    return effects + fallBack(index, because: refusal) + reroute()
  }

  /// A session whose device couldn't be had. He who was on his way back may try again, within the time from now.
  private mutating func fallBack(_ index: Int, because refusal: Refusal) -> [CallEffect] {
    guard sessions[index].isReturning else {
      drop(index, because: refusal.explanation)
      return []
    }
    sessions[index].phase = .away
    return [
      .startTimer(
        .supervisorReturn(sessions[index].id), milliseconds: Int64(policy.handlerReturn) * 1_000)
    ]
  }

  static func refusal(ofDevice failure: SIPFailure) -> Refusal {
    switch failure.status {
    case 486, 600, 603: .deviceBusy
    case 408, 487: .deviceNoAnswer
    case 488, 606, 415: .noCommonCodec
    case 480: .deviceUnusable("it isn't registered, or its user is away (480 \(failure.phrase))")
    default: .deviceUnusable("it answered \(failure.status) \(failure.phrase)")
    }
  }

  // MARK: Answers

  /// Tells whoever asked, once.
  mutating func answer(_ index: Int, _ outcome: Result<SessionSnapshot, Refusal>) -> [CallEffect] {
    guard let request = sessions[index].pending else { return [] }
    sessions[index].pending = nil
    return [.reply(request, outcome)]
  }

  private mutating func reply(_ index: Int) -> [CallEffect] {
    answer(index, .success(snapshot(of: sessions[index])))
  }

  /// A session that never came to sound.
  mutating func drop(_ index: Int, because reason: String) {
    sessions[index].phase = .ended
    sessions[index].endReason = reason
    let participant = sessions[index].participant
    participants.removeAll { $0.id == participant }
  }

  /// The entry was written, but by then nobody wanted it: it gets its counterpart.
  private func withdrawn(_ id: SessionID, at now: Moment) -> [CallEffect] {
    guard let session = session(id) else { return [] }
    let outcome = session.endReason ?? "withdrawn before it began"
    return [.audit(entry(.abandoned, of: session, at: now, outcome: outcome), .after, nil)]
  }

  private func raiseWithdrawn(_ id: SessionID, _ request: RequestID?, _ mode: SupervisionMode, at now: Moment)
    -> [CallEffect]
  {
    guard let session = session(id) else { return [] }
    var entry = self.entry(.modeChanged, of: session, at: now, outcome: "withdrawn before it took effect")
    entry.previousMode = mode
    let reply = request.map { [CallEffect.reply($0, .failure(.callNotActive))] } ?? []
    return [.audit(entry, .after, nil)] + reply
  }
}
