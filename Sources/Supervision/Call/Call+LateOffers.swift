/// Offers of ours that a peer asks for, by an INVITE without one: they go with the 200, his answer comes with the ACK
/// (RFC 3261 section 13.2.1). Until then there is no sound of his.
extension Call {
  /// A caller without an offer: the called side gets ours first, he gets his when it has answered.
  mutating func offerFirst(_ caller: Leg) -> [CallEffect] {
    legs[caller.id]?.offersLate = true
    guard let callee = legs[setup.callee.leg] else { return [.illegal(.eventForUnknownLeg)] }
    return [.media(.makeOffer(mediaLeg(callee), like: nil))]
  }

  /// The called side has early sound, for which nothing is agreed with the caller: he hears that it rings.
  mutating func ringInstead(_ caller: Leg) -> [CallEffect] {
    guard phase == .connecting else { return [] }
    phase = .ringing
    return [.signalling(.progress(caller.id, status: 180, sdp: nil))]
  }

  /// A re-INVITE without an offer. Ours keeps the codec, so that one who only refreshes the session changes nothing.
  mutating func askedForOffer(_ leg: Leg) -> [CallEffect] {
    legs[leg.id]?.reoffer = true
    expectAnswer(leg)
    return [.media(.makeOffer(mediaLeg(leg), like: leg.id))]
  }

  /// The answer to an offer of ours, behind the 200. A caller who gives none can't be heard: his call ends. Within a
  /// call all stays as it was.
  mutating func offerAnswered(_ leg: Leg, _ sdp: String?, _ source: String, at now: Moment) -> [CallEffect] {
    guard leg.phase == .answered else { return [.illegal(.answerWithoutOffer)] }
    guard let sdp else {
      if leg.offersLate, !leg.hasAnswer {
        return mediaFailed(leg, .badDescription("the ACK has no answer to our offer; send one"), at: now)
      }
      legs[leg.id]?.offersLate = false
      return []
    }
    if !leg.offersLate { expectAnswer(leg) }
    return [.media(.acceptAnswer(leg.id, sdp: sdp, source: source))]
  }

  /// Within a call what was agreed goes on until then.
  private mutating func expectAnswer(_ leg: Leg) {
    legs[leg.id]?.offersLate = true
    legs[leg.id]?.hasAnswer = true
  }

  mutating func lateAnswerAccepted(_ leg: Leg, _ direction: MediaDirection, at now: Moment) -> [CallEffect] {
    legs[leg.id]?.offersLate = false
    legs[leg.id]?.hasAnswer = true
    setDirection(direction, of: leg)
    // Within a session of his this changes nothing but a hold.
    if case .supervisor(let id) = leg.purpose { return goLive(id, at: now) + holdChanged() }
    return holdChanged()
  }
}
