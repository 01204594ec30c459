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
    if leg.reoffer { return holdChanged() + [.media(.makeAnswer(leg.id, like: nil))] }
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
    default:
      return [.illegal(.offerAcceptedTwice)]
    }
  }

  private mutating func answerAccepted(_ leg: Leg, _ direction: MediaDirection, at now: Moment)
    -> [CallEffect]
  {
    if leg.offersLate { return lateAnswerAccepted(leg, direction, at: now) }
    guard leg.phase == .dialling else { return [.illegal(.answerWithoutOffer)] }
    setDirection(direction, of: leg)
    legs[leg.id]?.hasAnswer = true
    if leg.isAccepted { return connected(leg, at: now) }
    guard case .callee = leg.purpose, let caller = legs[setup.caller.leg] else { return [] }
    if caller.offersLate { return ringInstead(caller) }
    return caller.description == nil ? askForAnswer(to: caller, like: leg.id) : []
  }

  /// A provisional and the final answer may both want it; once is enough.
  private mutating func askForAnswer(to caller: Leg, like callee: LegID) -> [CallEffect] {
    guard !caller.isAnswerAsked else { return [] }
    legs[caller.id]?.isAnswerAsked = true
    return [
      .media(
        caller.offersLate
          ? .makeOffer(mediaLeg(caller), like: callee) : .makeAnswer(caller.id, like: callee))
    ]
  }

  private mutating func described(_ leg: Leg, _ sdp: String, at now: Moment) -> [CallEffect] {
    if leg.reoffer {
      legs[leg.id]?.reoffer = false
      legs[leg.id]?.description = sdp
      return [.signalling(.answerOffer(leg.id, sdp: sdp))]
    }
    switch (leg.purpose, leg.phase) {
    case (.callee, .preparing):
      legs[leg.id]?.phase = .dialling
      legs[leg.id]?.description = sdp
      let options = DialOptions(ringTimeout: setup.ringTimeout, maxForwards: setup.maxForwards)
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
      return [.signalling(.answer(leg.id, sdp: sdp))] + (leg.offersLate ? [] : goLive(id, at: now))
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
    if leg.offersLate, leg.hasAnswer {
      // An answer within the call that can't be used: what was agreed goes on.
      legs[leg.id]?.offersLate = false
      return []
    }
    if case .supervisor(let id) = leg.purpose { return deviceFailed(id, refusal, at: now) }
    if transfer?.leg == leg.id { return newcomerLost(leg, .refused(refusal), at: now) }
    let reason = HangupReason(cause: 488, text: refusal.explanation)
    return end(reason, farewell: .refuse(refusal), at: now)
  }

  // MARK: Hold

  /// Another offer of the peer: before the answer too, once the first one is answered by an early description.
  mutating func reoffered(_ leg: Leg, _ sdp: String?) -> [CallEffect] {
    let isAgreed =
      leg.phase == .answered || (leg.phase == .offered && leg.description != nil) || leg.hasAnswer
    guard isAgreed, !leg.reoffer else {
      let why = "the first offer isn't answered yet; wait for its answer"
      return [.signalling(.rejectOffer(leg.id, .badDescription(why))), .illegal(.reofferBeforeAnswer)]
    }
    guard let sdp else { return askedForOffer(leg) }
    legs[leg.id]?.reoffer = true
    return [.media(.acceptOffer(mediaLeg(leg), sdp: sdp))]
  }

  mutating func setDirection(_ direction: MediaDirection, of leg: Leg) {
    seated[leg.id]?.direction = direction
    guard let index = participants.firstIndex(where: { $0.id == leg.participant }) else { return }
    participants[index].direction = direction
  }

  /// Hold is between Earshot and the party who holds: the other side isn't renegotiated, it hears the player.
  mutating func holdChanged() -> [CallEffect] {
    findHolders()
    return reroute()
  }

  mutating func findHolders() { holders = Set(parties.filter(\.direction.holds).map(\.id)) }
}
