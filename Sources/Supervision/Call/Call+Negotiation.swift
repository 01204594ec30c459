/// What the media plane says of the legs' descriptions. SDP stays opaque: it is carried, never read.
extension Call {
  mutating func receive(_ event: MediaEvent, at now: Moment) -> [CallEffect] {
    switch event {
    case .applied(let revision, let proof): return applied(revision, proof)
    case .legClosed(let id, let report): return mediaClosed(id, report, at: now)
    case .digit, .levels: return []
    case .quality(let readings): return qualityRead(readings)
    case .connected(let id): return browser(id) { $0.browserConnected($1, at: now) }
    case .disconnected(let id, let why): return browser(id) { $0.browserLost($1, why, at: now) }
    case .callClosed:
      isMediaClosed = true
      return settleAll(at: now) + finishIfOver()
    case .offerAccepted(let id, _), .answerAccepted(let id, _), .description(let id, _), .failed(let id, _):
      guard let leg = legs[id] else { return [.illegal(.eventForUnknownLeg)] }
      guard leg.phase != .ending else { return [.illegal(.callEnding)] }
      return negotiated(leg, event, at: now)
    }
  }

  private mutating func negotiated(_ leg: Leg, _ event: MediaEvent, at now: Moment) -> [CallEffect] {
    switch event {
    case .offerAccepted(_, let direction): offerAccepted(leg, direction)
    case .answerAccepted(_, let direction): answerAccepted(leg, direction, at: now)
    case .description(_, let sdp): described(leg, sdp, at: now)
    case .failed(_, let fault): mediaFailed(leg, fault.refusal, at: now)
    default: []
    }
  }

  private mutating func offerAccepted(_ leg: Leg, _ direction: MediaDirection) -> [CallEffect] {
    setDirection(direction, of: leg)
    switch (leg.purpose, leg.phase) {
    case (.caller, .offering):
      legs[leg.id]?.phase = .offered
      guard let callee = legs[setup.callee.leg] else { return [.illegal(.eventForUnknownLeg)] }
      return [.media(.makeOffer(mediaLeg(callee), like: leg.id))]
    case (.newcomer, .offering):
      legs[leg.id]?.phase = .offered
      return [.media(.makeAnswer(leg.id, like: conversationLeg(beside: leg.participant)))]
    case (.supervisor(let id), .offering):
      legs[leg.id]?.phase = .offered
      // A browser's codecs have an order of their own; a phone is best relayed.
      let target = leg.transport == .webRTC ? nil : session(id).flatMap { self.leg(of: $0.target) }
      return [.media(.makeAnswer(leg.id, like: target))]
    case (_, .answered) where leg.reoffer:
      return holdChanged() + [.media(.makeAnswer(leg.id, like: nil))]
    default:
      return [.illegal(.offerAcceptedTwice)]
    }
  }

  private mutating func answerAccepted(_ leg: Leg, _ direction: MediaDirection, at now: Moment)
    -> [CallEffect]
  {
    guard leg.phase == .dialling else { return [.illegal(.answerWithoutOffer)] }
    setDirection(direction, of: leg)
    legs[leg.id]?.hasAnswer = true
    if leg.isAccepted { return connected(leg, at: now) }
    guard case .callee = leg.purpose, let caller = legs[setup.caller.leg] else { return [] }
    return caller.description == nil ? askForAnswer(to: caller, like: leg.id) : []
  }

  /// A provisional and the final answer may both want it; once is enough.
  private mutating func askForAnswer(to caller: Leg, like callee: LegID) -> [CallEffect] {
    guard !caller.isAnswerAsked else { return [] }
    legs[caller.id]?.isAnswerAsked = true
    return [.media(.makeAnswer(caller.id, like: callee))]
  }

  private mutating func described(_ leg: Leg, _ sdp: String, at now: Moment) -> [CallEffect] {
    switch (leg.purpose, leg.phase) {
    case (.callee, .preparing):
      legs[leg.id]?.phase = .dialling
      legs[leg.id]?.description = sdp
      let options = DialOptions(autoAnswer: false, ringTimeout: setup.ringTimeout)
      return [
        .signalling(.dial(leg.id, setup.target, sdp: sdp, caller: setup.callerIdentity, options: options))
      ]
    case (.caller, .offered):
      legs[leg.id]?.description = sdp
      if let callee = legs[setup.callee.leg], callee.isAccepted { return connected(callee, at: now) }
      phase = .early
      return [.signalling(.progress(leg.id, status: 183, sdp: sdp))] + reroute()
    case (.newcomer, .preparing):
      legs[leg.id]?.phase = .dialling
      legs[leg.id]?.description = sdp
      return dialNewcomer(leg, sdp)
    case (.newcomer, .offered):
      legs[leg.id]?.description = sdp
      return [.signalling(.answer(leg.id, sdp: sdp))] + join(leg, at: now)
    case (.supervisor(let id), .preparing):
      legs[leg.id]?.phase = .dialling
      legs[leg.id]?.description = sdp
      return dialDevice(of: id, leg.id, sdp)
    case (.supervisor(let id), .offered) where leg.transport == .webRTC:
      return browserAnswered(id, leg, sdp)
    case (.supervisor(let id), .offered):
      legs[leg.id]?.phase = .answered
      legs[leg.id]?.description = sdp
      return [.signalling(.answer(leg.id, sdp: sdp))] + goLive(id, at: now)
    case (_, .answered) where leg.reoffer:
      legs[leg.id]?.reoffer = false
      legs[leg.id]?.description = sdp
      return [.signalling(.answerOffer(leg.id, sdp: sdp))]
    default:
      return [.illegal(.descriptionUnasked)]
    }
  }

  /// The called side has accepted and its answer is taken. A party: the caller gets his 200 as soon as there is
  /// something to say in it. A supervisor: he is live.
  mutating func connected(_ leg: Leg, at now: Moment) -> [CallEffect] {
    if case .supervisor(let id) = leg.purpose {
      legs[leg.id]?.phase = .answered
      return goLive(id, at: now)
    }
    if leg.purpose == .newcomer { return join(leg, at: now) }
    guard let caller = legs[setup.caller.leg] else { return [.illegal(.eventForUnknownLeg)] }
    guard let sdp = caller.description else { return askForAnswer(to: caller, like: leg.id) }
    legs[leg.id]?.phase = .answered
    legs[caller.id]?.phase = .answered
    phase = .answered
    answeredAt = now
    return [.signalling(.answer(caller.id, sdp: sdp))] + reroute()
  }

  mutating func mediaFailed(_ leg: Leg, _ refusal: Refusal, at now: Moment) -> [CallEffect] {
    if leg.reoffer {
      legs[leg.id]?.reoffer = false
      return [.signalling(.rejectOffer(leg.id, refusal))]
    }
    if case .supervisor(let id) = leg.purpose { return deviceFailed(id, refusal, at: now) }
    if transfer?.leg == leg.id { return newcomerLost(leg, .refused(refusal), at: now) }
    let reason = HangupReason(cause: 488, text: refusal.explanation)
    return end(reason, farewell: .refuse(refusal), at: now)
  }

  // MARK: Hold

  /// A re-INVITE. One without an offer is a refresh: it is answered by the description that stands.
  mutating func reoffered(_ leg: Leg, _ sdp: String?) -> [CallEffect] {
    guard leg.phase == .answered else { return [.illegal(.reofferBeforeAnswer)] }
    guard let sdp else {
      return leg.description.map { [.signalling(.answerOffer(leg.id, sdp: $0))] }
        ?? [.signalling(.rejectOffer(leg.id, .badDescription("the re-INVITE has no offer; send one")))]
    }
    legs[leg.id]?.reoffer = true
    return [.media(.acceptOffer(mediaLeg(leg), sdp: sdp))]
  }

  private mutating func setDirection(_ direction: MediaDirection, of leg: Leg) {
    seated[leg.id]?.direction = direction
    guard let index = participants.firstIndex(where: { $0.id == leg.participant }) else { return }
    participants[index].direction = direction
  }

  /// Hold is between Earshot and the party who holds: the other side isn't renegotiated, it hears the player.
  private mutating func holdChanged() -> [CallEffect] {
    findHolders()
    return reroute()
  }

  mutating func findHolders() { holders = Set(parties.filter(\.direction.holds).map(\.id)) }
}
