/// A newcomer takes his place, or doesn't come.
extension Call {
  /// He is there: sound first, then farewell to the one whose place he takes.
  mutating func join(_ leg: Leg, at now: Moment) -> [CallEffect] {
    guard let done = transfer, done.leg == leg.id, let newcomer = seated[leg.id] else {
      return [.illegal(.answeredTwice)]
    }
    transfer = nil
    let wasParked = parked != nil
    parked = nil
    legs[leg.id]?.phase = .answered
    let leaver = done.kind == .conference ? nil : done.leaver
    if let leaver { unseat(leaver) }
    participants.append(newcomer)
    findHolders()
    settleFacts(newcomer: newcomer, leg)
    transfers.append(TransferNote(kind: done.kind, from: leaver?.name, to: newcomer.name, at: now))
    var effects = follow(from: leaver, to: newcomer, at: now)
    if wasParked { effects.append(.stopTimer(.parking)) }
    if let referral = done.referral { effects.append(.signalling(.reportReferral(referral, .accepted))) }
    if let leaver, !done.hasLeft {
      effects += farewell(leaver, HangupReason(cause: 200, text: "Transferred to \(newcomer.name)"))
    }
    return effects
  }

  /// He is no longer on the call, though his leg may be.
  private mutating func unseat(_ party: Participant) {
    participants.removeAll { $0.id == party.id }
    holders.remove(party.id)
    if hand?.agent == party.id { hand = nil }
  }

  private mutating func farewell(_ party: Participant, _ reason: HangupReason) -> [CallEffect] {
    guard let leg = party.leg else { return [] }
    return hangUp(leg, reason) + [.media(.closeLeg(leg))]
  }

  /// Who the agents are by now, where the call belongs, who has the customer.
  private mutating func settleFacts(newcomer: Participant?, _ leg: Leg?) {
    facts.agents = parties.filter { $0.role == .agent }.map(\.address)
    // Beside another agent it belongs where it did.
    if let newcomer, let leg, newcomer.role == .agent, facts.agents.count == 1 {
      facts.place(setup.signalled.or(leg.placement))
    }
    if let customer = parties.first(where: { $0.role == .customer }) {
      facts.customerNumber = customer.address
    }
    guard parties.contains(where: { $0.role == .customer }) else {
      handler = nil
      return
    }
    if handler.flatMap(participant) == nil { handler = parties.first { $0.role == .agent }?.id }
  }

  // MARK: Nobody comes

  /// The newcomer's leg failed, or went, before he had his place.
  mutating func newcomerLost(_ leg: Leg, _ outcome: ReferralOutcome, at now: Moment) -> [CallEffect] {
    guard transfer?.leg == leg.id else { return [.illegal(.eventForUnknownLeg)] }
    var effects: [CallEffect] = []
    switch (leg.phase, outcome) {
    case (.offering, .refused(let refusal)), (.offered, .refused(let refusal)):
      effects = hangUp(leg.id, HangupReason(cause: 488, text: refusal.explanation), .refuse(refusal))
    case (_, .refused(let refusal)):
      effects = hangUp(leg.id, HangupReason(cause: 488, text: refusal.explanation))
    default: legs[leg.id] = nil
    }
    return effects + [.media(.closeLeg(leg.id))] + transferFailed(outcome, at: now)
  }

  /// The call goes on as it was. Where the one who asked has left, he is called back; where he doesn't come either,
  /// there is nobody to go on with.
  mutating func transferFailed(_ outcome: ReferralOutcome, at now: Moment) -> [CallEffect] {
    guard let failed = transfer else { return [] }
    transfer = nil
    var effects: [CallEffect] = []
    if let request = failed.request { effects.append(.done(request, Self.refusal(of: outcome))) }
    if let referral = failed.referral, !failed.hasLeft {
      effects.append(.signalling(.reportReferral(referral, outcome)))
    }
    if parked != nil { return effects + parkAgain() }
    guard failed.hasLeft else { return effects }
    guard failed.kind != .recall, let leaver = failed.leaver, let endpoint = failed.endpoint else {
      return effects + end(HangupReason(cause: 480, text: "Nobody answered the transfer"), at: now)
    }
    return effects + callBack(leaver, endpoint)
  }

  /// Rings him who left the other party alone.
  mutating func callBack(_ party: Participant, _ endpoint: Endpoint) -> [CallEffect] {
    lastTransfer += 1
    let id = TransferID(lastTransfer)
    transfer = Transfer(id: id, kind: .recall, leaver: party, endpoint: endpoint, hasLeft: true)
    return [.route(id, number: party.address, from: endpoint)]
  }

  private static func refusal(of outcome: ReferralOutcome) -> Refusal? {
    switch outcome {
    case .refused(let refusal): refusal
    case .failed(let failure): .transferRefused("the number answered \(failure.status) \(failure.phrase)")
    case .trying, .ringing, .accepted: nil
    }
  }

  /// The call ends while somebody is on his way.
  mutating func abandonTransfer(because reason: HangupReason) -> [CallEffect] {
    guard let pending = transfer else { return [] }
    transfer = nil
    parked = nil
    var effects: [CallEffect] = []
    if let referral = pending.referral, !pending.hasLeft {
      let failure = SIPFailure(487, "The other party has hung up")
      effects.append(.signalling(.reportReferral(referral, .failed(failure))))
    }
    if let request = pending.request { effects.append(.done(request, .callNotActive)) }
    return effects
  }

  // MARK: Somebody goes

  /// A party has hung up. With two others the conversation goes on; he who has transferred need not wait for the outcome.
  mutating func partyGone(_ leg: Leg, _ reason: HangupReason, at now: Moment) -> [CallEffect] {
    guard let party = participant(leg.participant), phase == .answered else { return end(reason, at: now) }
    let isLeaver = transfer?.leaver?.id == party.id
    guard parties.count > 2 || (isLeaver && parties.count == 2) else { return end(reason, at: now) }
    unseat(party)
    if isLeaver { transfer?.hasLeft = true }
    guard parties.count > 1 else {
      // Whom supervision follows is settled once it is known who comes.
      return reroute() + [.media(.closeLeg(leg.id))]
    }
    settleFacts(newcomer: nil, nil)
    return follow(from: party, to: nil, at: now) + [.media(.closeLeg(leg.id))]
  }
}
