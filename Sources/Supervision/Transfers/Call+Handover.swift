/// Two calls of one party become one (RFC 3891): the one without a customer gives up its other party and ends.
extension Call {
  /// Those with whom a party talks in two calls are to meet here.
  mutating func consulted(_ consultation: Consultation) -> [CallEffect] {
    let refuse = { (refusal: Refusal) -> [CallEffect] in
      [.signalling(.reportReferral(consultation.referral, .refused(refusal)))]
    }
    guard let leg = legs[consultation.own] else { return refuse(.callNotActive) }
    if let refusal = objectionToTransfer(by: leg) { return refuse(refusal) }
    _ = begin(.attended, by: leg)
    transfer?.referral = consultation.referral
    return [
      .signalling(.reportReferral(consultation.referral, .trying)),
      .tell(
        consultation.otherCall,
        .surrender(
          Surrender(
            leg: consultation.other, referral: consultation.referral, tenant: facts.tenant, asker: id,
            takesPages: consultation.takesPages))),
    ]
  }

  mutating func receive(_ message: CallMessage, at now: Moment) -> [CallEffect] {
    switch message {
    case .surrender(let wish): return surrender(wish, at: now)
    case .handedOver(let handover): return takeIn(handover, at: now)
    case .notHandedOver(let refusal):
      return transfer?.kind == .attended ? transferFailed(.refused(refusal), at: now) : []
    case .late(let event): return receive(event, at: now)
    }
  }

  /// Gives whoever talks with him to another call, and ends: nobody is left but him.
  private mutating func surrender(_ wish: Surrender, at now: Moment) -> [CallEffect] {
    let refuse = { (refusal: Refusal) -> [CallEffect] in [.tell(wish.asker, .notHandedOver(refusal))] }
    guard let own = legs[wish.leg], wish.tenant == facts.tenant else { return refuse(.callNotActive) }
    if let refusal = objectionToTransfer(by: own) { return refuse(refusal) }
    let others = parties.filter { $0.id != own.participant }
    guard others.count == 1, let leg = others[0].leg.flatMap({ legs[$0] }), leg.phase == .answered,
      !leg.reoffer
    else { return refuse(.transferPending) }
    guard leg.transport == .rtp || wish.takesPages else {
      return refuse(.transferRefused("\(others[0].name) is on a page; give a number to transfer to instead"))
    }
    let followers =
      policy.afterTransfer == .agent ? followers(of: others[0].id, withPages: wish.takesPages) : []
    let page = agentPages.contains(others[0].address)
    let handover = Handover(leg: leg, party: others[0], hasPage: page, followers: followers)
    participants.removeAll { $0.id == leg.participant }
    holders.remove(leg.participant)
    for leg in handover.legs {
      legs[leg.id] = nil
      surrendered[leg.id] = wish.asker
    }
    let released = followers.flatMap { follower in
      sessions.indices.filter { sessions[$0].leg == follower.leg.id && sessions[$0].phase == .live }.flatMap {
        release($0, to: follower.session, at: now)
      }
    }
    return reroute() + handover.legs.map { .media(.detachLeg($0.id)) } + released + [
      .signalling(.reportReferral(wish.referral, .accepted)), .tell(wish.asker, .handedOver(handover)),
    ] + end(HangupReason(cause: 200, text: "Transferred"), at: now)
  }

  /// Those who coach him by a connection that can go with him.
  private func followers(of agent: ParticipantID, withPages: Bool) -> [Follower] {
    sessions.compactMap { session in
      guard session.phase == .live, session.target == agent, let leg = legs[session.leg],
        leg.phase == .answered, leg.transport == .rtp || withPages, !leg.reoffer,
        let seat = participant(session.participant)
      else { return nil }
      return Follower(
        session: SessionID("\(session.id)-\(lastTransfer + 1)"), leg: leg, seat: seat,
        request: session.request,
        mode: session.mode)
    }
  }

  /// His session is over here, though his leg goes on: the counters that come with it close the books.
  private mutating func release(_ index: Int, to next: SessionID, at now: Moment) -> [CallEffect] {
    let session = sessions[index]
    sessions[index].movedTo = next
    sessions[index].pause(at: clock(now))
    sessions[index].endReason = "\(session.agent.name) was transferred to another call, where it goes on"
    sessions[index].phase = .closing
    sessions[index].prompt = nil
    sessions[index].raise = nil
    sessions[index].asking = nil
    participants.removeAll { $0.id == session.participant }
    return CallTimer.all(of: session.id).map { .stopTimer($0) } + answer(index, .failure(.callNotActive))
  }

  /// A party of another call is ours from now on.
  private mutating func takeIn(_ handover: Handover, at now: Moment) -> [CallEffect] {
    guard !isOver, transfer?.kind == .attended else {
      // The call has ended meanwhile: so has his.
      isMediaClosed = false
      return handover.legs.flatMap { farewell(to: $0) } + [.media(.closeCall)]
    }
    var leg = handover.leg
    leg.participant = nextParticipant()
    leg.purpose = .newcomer
    legs[leg.id] = leg
    var party = handover.party
    party.id = leg.participant
    seated[leg.id] = party
    if handover.hasPage { agentPages.insert(party.address) }
    transfer?.leg = leg.id
    // He was told by the call that handed over.
    transfer?.referral = nil
    return [.media(.attachLeg(mediaLeg(leg)))] + join(leg, at: now)
      + handover.followers.flatMap { takeIn($0, coaching: party, at: now) }
  }

  private mutating func farewell(to handed: Leg) -> [CallEffect] {
    var leg = handed
    leg.phase = .ending
    legs[leg.id] = leg
    let reason = HangupReason(cause: 200, text: "The other party has hung up during the transfer")
    return [.signalling(.end(leg.id, reason)), .media(.attachLeg(mediaLeg(leg)))]
  }

  /// A supervisor has come with his agent. He is connected, but hears nothing until the audit has it.
  private mutating func takeIn(_ follower: Follower, coaching agent: Participant, at now: Moment)
    -> [CallEffect]
  {
    var (leg, seat) = (follower.leg, follower.seat)
    seat.id = nextParticipant()
    leg.participant = seat.id
    leg.purpose = .supervisor(follower.session)
    legs[leg.id] = leg
    seated[leg.id] = seat
    participants.append(seat)
    var session = SupervisionSession(
      id: follower.session, participant: seat.id, agent: agent, leg: leg.id, request: follower.request,
      started: now)
    session.mode = follower.mode
    session.hasBeenLive = true
    session.isConnected = true
    sessions.append(session)
    let attached = CallEffect.media(.attachLeg(mediaLeg(leg)))
    let refusal = objection(
      to: session.mode, by: session.principal, of: session.id, session.request.purpose,
      session.request.reason,
      at: now)
    if let refusal { return [attached] + close(session.id, because: refusal.explanation, at: now) }
    let entry = self.entry(.opened, of: session, at: now, outcome: "followed \(agent.name) from another call")
    return [attached, .audit(entry, .gate, nextTicket(for: .open(session.id)))]
  }
}
