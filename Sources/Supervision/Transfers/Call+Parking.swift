/// Parking: whoever is put into a parking place hears the hold sound until somebody fetches him; after a while the one
/// who put him there is called back.
extension Call {
  /// The one who transferred leaves, the other one waits.
  mutating func park(in slot: String, at now: Moment) -> [CallEffect] {
    guard let pending = transfer, let leaver = pending.leaver, let endpoint = pending.endpoint else {
      return []
    }
    let others = parties.filter { $0.id != leaver.id }
    guard others.count == 1 else {
      return transferFailed(.refused(.transferRefused("only a call of two can be parked")), at: now)
    }
    transfer = nil
    participants.removeAll { $0.id == leaver.id }
    findHolders()
    if hand?.agent == leaver.id { hand = nil }
    facts.agents = parties.filter { $0.role == .agent }.map(\.address)
    handler = nil
    parked = ParkingNote(slot: slot, by: leaver.name, byAddress: leaver.address, since: now)
    parker = (leaver, endpoint)
    transfers.append(TransferNote(kind: .park, from: leaver.name, to: nil, at: now))
    var effects = reroute()
    for session in sessions.filter(\.isOpen) {
      if let why = policyAgainst(session, after: leaver) {
        effects += close(session.id, because: why, at: now)
      }
    }
    if let referral = pending.referral, !pending.hasLeft {
      effects.append(.signalling(.reportReferral(referral, .accepted)))
    }
    if !pending.hasLeft, let leg = leaver.leg {
      effects += hangUp(leg, HangupReason(cause: 200, text: "Parked at \(slot)")) + [.media(.closeLeg(leg))]
    }
    return effects + parkAgain()
  }

  mutating func parkAgain() -> [CallEffect] {
    [.startTimer(.parking, milliseconds: Int64(policy.parkTimeout) * 1_000)]
  }

  /// Nobody has come for him.
  mutating func parkedTooLong() -> [CallEffect] {
    guard parked != nil, transfer == nil, phase == .answered, let (party, endpoint) = parker else {
      return []
    }
    return callBack(party, endpoint)
  }
}
