/// Transfers (S2): a REFER ends at us. We call whom it names, and once he is there he takes the place of whoever asked;
/// the one who stays isn't renegotiated. Until then the call is as it was.
extension Call {
  static let mostParties = 8

  /// What stands against a transfer that the one on this leg asks for; nil if nothing does.
  func objectionToTransfer(by leg: Leg) -> Refusal? {
    guard phase == .answered, leg.phase == .answered else { return .callNotActive }
    guard parties.contains(where: { $0.id == leg.participant }), leg.endpoint != nil else {
      return .transferRefused("a supervision session isn't a party's; end it and call anew")
    }
    return objectionToNewcomer()
  }

  /// What stands against anybody's coming in.
  func objectionToNewcomer() -> Refusal? {
    guard phase == .answered else { return .callNotActive }
    if transfer != nil { return .transferPending }
    let isTakenOver = sessions.contains { $0.isOpen && ($0.isHandling || wantsTakeover($0)) }
    return isTakenOver ? .alreadyTakenOver : nil
  }

  mutating func begin(_ kind: TransferKind, by leg: Leg?) -> TransferID {
    lastTransfer += 1
    let id = TransferID(lastTransfer)
    transfer = Transfer(
      id: id, kind: kind, leaver: leg.flatMap { participant($0.participant) }, endpoint: leg?.endpoint)
    return id
  }

  /// REFER to a number. One that names a leg is the switchboard's: it knows the other call.
  mutating func referred(_ leg: Leg, _ target: ReferralTarget) -> [CallEffect] {
    if let refusal = objectionToTransfer(by: leg) {
      return [.signalling(.reportReferral(leg.id, .refused(refusal)))]
    }
    guard case .number(let number) = target, let endpoint = leg.endpoint else {
      return [.signalling(.reportReferral(leg.id, .refused(.noRoute("that call"))))]
    }
    let id = begin(.blind, by: leg)
    transfer?.referral = leg.id
    return [
      .signalling(.reportReferral(leg.id, .trying)), .route(id, number: number, from: endpoint),
    ]
  }

  /// The dial plan has spoken.
  mutating func routed(_ id: TransferID, _ outcome: Result<TransferRoute, Refusal>, at now: Moment)
    -> [CallEffect]
  {
    guard let pending = transfer, pending.id == id, pending.leg == nil else {
      return [.illegal(.routeUnasked)]
    }
    switch outcome {
    case .failure(let refusal): return transferFailed(.refused(refusal), at: now)
    case .success(.parking(let slot)): return park(in: slot, at: now)
    case .success(.party(let side, let target, let hasPage)):
      if hasPage { agentPages.insert(side.address) }
      transfer?.target = target
      transfer?.request = nil
      let leg = expect(side, in: .preparing)
      return [.media(.makeOffer(mediaLeg(leg), like: conversationLeg(beside: leg.participant)))]
        + (pending.request.map { [.done($0, nil)] } ?? [])
    }
  }

  /// An agent of the call, or a supervisor who might barge in, calls in a third (S1, S8). He is told once the third is
  /// being called.
  mutating func invite(
    _ request: RequestID, _ number: String, from endpoint: Endpoint, by asker: Principal, at now: Moment
  ) -> [CallEffect] {
    if !parties.contains(where: { isHimself(asker, $0) }),
      case .denied(let refusal) = AccessRules.decide(asker, .barge, on: facts, at: now)
    {
      return [.done(request, refusal)]
    }
    let refusal =
      parked == nil ? objectionToNewcomer() : .transferRefused("the call is parked; fetch it first")
    if let refusal { return [.done(request, refusal)] }
    guard parties.count < Self.mostParties else {
      return [.done(request, .transferRefused("\(Self.mostParties) parties are the most that talk at once"))]
    }
    let id = begin(.conference, by: nil)
    transfer?.request = request
    return [.route(id, number: number, from: endpoint)]
  }

  /// A place for a newcomer, in which he doesn't sit yet.
  private mutating func expect(_ side: CallSetup.Side, in phase: Leg.Phase) -> Leg {
    let id = nextParticipant()
    let leg = Leg(side, participant: id, purpose: .newcomer, phase: phase)
    legs[leg.id] = leg
    seated[leg.id] = Participant(
      id: id, role: side.role, address: side.address, name: side.name, leg: side.leg)
    transfer?.leg = leg.id
    return leg
  }

  /// With whom a newcomer will talk: his codec is best.
  func conversationLeg(beside newcomer: ParticipantID) -> LegID? {
    parties.first { $0.id != newcomer && $0.id != transfer?.leaver?.id }?.leg
  }

  /// He is shown whom he will talk with.
  mutating func dialNewcomer(_ leg: Leg, _ sdp: String) -> [CallEffect] {
    guard let target = transfer?.target else { return [.illegal(.descriptionUnasked)] }
    let other = parties.first { $0.id != transfer?.leaver?.id }
    let shown = CallerIdentity(user: other?.address ?? "earshot", name: other?.name ?? "")
    let options = DialOptions(autoAnswer: false, ringTimeout: setup.ringTimeout)
    return [.signalling(.dial(leg.id, target, sdp: sdp, caller: shown, options: options))]
  }

  mutating func newcomerProgress(_ leg: Leg, _ status: Int, _ sdp: String?, _ source: String) -> [CallEffect]
  {
    var effects: [CallEffect] = []
    if status >= 180, let referral = transfer?.referral {
      effects.append(.signalling(.reportReferral(referral, .ringing)))
    }
    if let sdp, !leg.hasAnswer { effects.append(.media(.acceptAnswer(leg.id, sdp: sdp, source: source))) }
    return effects
  }

  // MARK: Somebody calls in

  mutating func arrived(_ arrival: Arrival) -> [CallEffect] {
    let place: Leg?
    switch arrival.place {
    case .leg(let id):
      place = legs[id]
      let refusal = place.map(objectionToTransfer(by:)) ?? .callNotActive
      if let refusal { return [.signalling(.refuse(arrival.side.leg, refusal))] }
    case .parked(let slot):
      place = nil
      let refusal = parked?.slot == slot ? objectionToNewcomer() : .transferRefused("nobody is parked there")
      if let refusal { return [.signalling(.refuse(arrival.side.leg, refusal))] }
    }
    _ = begin(place == nil ? .retrieval : .replacement, by: place)
    if arrival.hasPage { agentPages.insert(arrival.side.address) }
    let leg = expect(arrival.side, in: .offering)
    return [.media(.acceptOffer(mediaLeg(leg), sdp: arrival.offer))]
  }
}
