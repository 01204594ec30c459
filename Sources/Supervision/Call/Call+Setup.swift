/// From the INVITE to the answer: two dialogs of our own, each with its own description.
extension Call {
  /// Both parties get their place; the caller's offer goes to the media plane.
  mutating func takeFirstOffer() -> [CallEffect] {
    let caller = seat(setup.caller, as: .caller, in: setup.offer == nil ? .offered : .offering)
    _ = seat(setup.callee, as: .callee, in: .preparing)
    handler =
      participants.contains { $0.role == .customer } ? participants.first { $0.role == .agent }?.id : nil
    guard let offer = setup.offer else { return offerFirst(caller) }
    return [.media(.acceptOffer(mediaLeg(caller), sdp: offer))]
  }

  private mutating func seat(_ side: CallSetup.Side, as purpose: Leg.Purpose, in phase: Leg.Phase) -> Leg {
    let id = nextParticipant()
    let leg = Leg(side, participant: id, purpose: purpose, phase: phase)
    participants.append(
      Participant(id: id, role: side.role, address: side.address, name: side.name, leg: side.leg))
    legs[leg.id] = leg
    seated[leg.id] = participants.last
    return leg
  }

  func mediaLeg(_ leg: Leg) -> MediaLeg {
    MediaLeg(
      leg: leg.id, participant: leg.participant,
      role: (participant(leg.participant) ?? seated[leg.id])?.role ?? .supervisor,
      sources: leg.sources, transport: leg.transport)
  }

  mutating func receive(_ event: SignallingEvent, at now: Moment) -> [CallEffect] {
    if let id = event.leg, let call = surrendered[id] { return [.tell(call, .late(event))] }
    guard let leg = event.leg.flatMap({ legs[$0] }) else { return [.illegal(.eventForUnknownLeg)] }
    if leg.phase == .ending {
      switch event {
      case .ended, .lost, .failed: return legGone(leg)
      default: return [.illegal(.callEnding)]
      }
    }
    switch event {
    case .incoming: return [.illegal(.callAlreadyStarted)]
    case .progress(_, let status, let sdp, let source): return progress(leg, status, sdp, source)
    case .answered(_, let sdp, let source): return answered(leg, sdp, source, at: now)
    case .failed(_, let failure): return failed(leg, failure, at: now)
    case .acknowledged: return []
    case .offered(_, let sdp): return reoffered(leg, sdp)
    case .answeredOffer(_, let sdp, let source): return offerAnswered(leg, sdp, source, at: now)
    case .digit, .lampWanted, .lampGone: return []
    case .referred(_, let target): return referred(leg, target)
    case .ended(_, let reason): return legEnded(leg, reason, isLost: false, at: now)
    case .lost(_, let why):
      return legEnded(leg, HangupReason(cause: 408, text: why), isLost: true, at: now)
    }
  }

  private mutating func progress(_ leg: Leg, _ status: Int, _ sdp: String?, _ source: String) -> [CallEffect]
  {
    guard leg.phase == .dialling else { return [.illegal(.progressAfterAnswer)] }
    if leg.purpose == .newcomer { return newcomerProgress(leg, status, sdp, source) }
    guard case .callee = leg.purpose else { return [] }
    if let sdp {
      guard !leg.hasAnswer else { return [] }
      legs[leg.id]?.answer = sdp
      return [.media(.acceptAnswer(leg.id, sdp: sdp, source: source))]
    }
    guard phase == .connecting || phase == .ringing else { return [] }
    phase = .ringing
    return [.signalling(.progress(setup.caller.leg, status: status == 183 ? 183 : 180, sdp: nil))]
  }

  private mutating func answered(_ leg: Leg, _ sdp: String?, _ source: String, at now: Moment) -> [CallEffect]
  {
    guard leg.phase == .dialling, !leg.isAccepted else { return [.illegal(.answeredTwice)] }
    legs[leg.id]?.isAccepted = true
    // Another branch of a forked call may have sent the early answer; whoever answers for good is the one.
    if leg.hasAnswer, sdp == nil || sdp == leg.answer { return connected(leg, at: now) }
    guard let sdp else {
      let why = "the answer came without one; the phone must answer our offer"
      return mediaFailed(leg, .badDescription(why), at: now)
    }
    return [.media(.acceptAnswer(leg.id, sdp: sdp, source: source))]
  }

  private mutating func failed(_ leg: Leg, _ failure: SIPFailure, at now: Moment) -> [CallEffect] {
    guard leg.phase == .dialling, !leg.isAccepted else { return [.illegal(.failedAfterAnswer)] }
    switch leg.purpose {
    case .supervisor(let session):
      return deviceFailed(session, Self.refusal(ofDevice: failure), at: now)
    case .newcomer: return newcomerLost(leg, .failed(failure), at: now)
    case .caller, .callee:
      legs[leg.id] = nil
      let reason = HangupReason(cause: failure.status, text: failure.phrase)
      return end(reason, farewell: .reject(failure), at: now)
    }
  }
}

extension SignallingEvent {
  /// The leg that it happened on.
  package var leg: LegID? {
    switch self {
    case .incoming(let invite): invite.leg
    case .progress(let leg, _, _, _), .answered(let leg, _, _), .failed(let leg, _), .acknowledged(let leg),
      .offered(let leg, _), .answeredOffer(let leg, _, _), .digit(let leg, _), .referred(let leg, _),
      .ended(let leg, _), .lost(let leg, _):
      leg
    case .lampWanted, .lampGone: nil
    }
  }
}
