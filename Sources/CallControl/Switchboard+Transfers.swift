import Supervision

/// Transfers as far as they concern more than one call, or the dial plan.
extension Switchboard {
  /// Asks the dial plan for a call.
  func route(_ transfer: TransferID, _ number: String, from endpoint: Endpoint, for call: CallID) {
    var outcome = planner.route(number, from: endpoint, leg: nextLeg)
    if case .success(.parking(let slot)) = outcome, parked(in: slot, tenant: endpoint.tenant) != nil {
      outcome = .failure(.transferRefused("parking place \(slot) is taken; choose another"))
    }
    let inbox = state.withLock { state in
      if case .success(.party(let side, _, _)) = outcome {
        state.legs.assign(side.leg, to: call, of: side.endpoint)
      }
      return state.inboxes[call]
    }
    inbox?.yield(.routed(transfer, outcome))
  }

  /// The call that waits in a parking place; of two, the one that came first.
  private func parked(in slot: String, tenant: TenantID) -> CallID? {
    board.snapshots
      .filter { $0.facts.tenant == tenant && $0.parked?.slot == slot && $0.phase == .answered }
      .min { $0.created < $1.created }?.id
  }

  /// Somebody calls in to take a place in a call that is up.
  func arrive(_ arrival: Arrival, _ invite: IncomingInvite) {
    let tenant = invite.endpoint.tenant
    let call: CallID? =
      switch arrival.place {
      case .parked(let slot): parked(in: slot, tenant: tenant)
      case .leg(let leg):
        state.withLock { $0.legs[leg] }.flatMap(board.snapshot).flatMap {
          $0.facts.tenant == tenant ? $0.id : nil
        }
      }
    let inbox = state.withLock { state in
      guard let call, let inbox = state.inboxes[call] else {
        return nil as AsyncStream<CallInput>.Continuation?
      }
      state.legs.assign(arrival.side.leg, to: call, of: arrival.side.endpoint)
      return inbox
    }
    guard let inbox else {
      guard case .parked(let slot) = arrival.place else { return refuse(invite, .unknownCall) }
      return refuse(invite, .transferRefused("nobody is parked at \(slot)"))
    }
    inbox.yield(.arrived(arrival))
  }

  /// The one on `leg` wants those with whom he talks there and on `other` to meet: on the customer's call, so that
  /// whatever supervises it goes on; if both or neither have one, on the call in which he asked.
  func consult(_ leg: LegID, _ other: LegID) {
    let (calls, inboxes, signalling, media) = state.withLock { state in
      ([leg, other].map { state.legs[$0] }, state.inboxes, state.signalling, state.media)
    }
    guard let own = calls[0], let far = calls[1], own != far, let ownInbox = inboxes[own],
      let farInbox = inboxes[far]
    else {
      signalling?.perform(.reportReferral(leg, .refused(.callNotActive)))
      return
    }
    let hasCustomer = { (call: CallID) in
      self.board.snapshot(call)?.participants.contains { $0.role == .customer } == true
    }
    var consultation = Consultation(referral: leg, own: leg, other: other, otherCall: far)
    consultation.takesPages = media?.areTogether(own, far) == true
    if hasCustomer(far), !hasCustomer(own) {
      (consultation.own, consultation.other, consultation.otherCall) = (other, leg, own)
      farInbox.yield(.consulted(consultation))
    } else {
      ownInbox.yield(.consulted(consultation))
    }
  }

  /// Carries a message from one call to another, and a leg with it.
  func tell(_ call: CallID, _ message: CallMessage) {
    let (inbox, signalling, media) = state.withLock { state in
      if case .handedOver(let handover) = message, state.inboxes[call] != nil {
        for leg in handover.legs { state.legs.assign(leg.id, to: call) }
        for follower in handover.followers {
          let principal = follower.request.principal
          state.engagements[follower.session] = Engagement(
            tenant: principal.tenant, user: principal.user, call: call)
        }
      }
      return (state.inboxes[call], state.signalling, state.media)
    }
    if let inbox {
      inbox.yield(.message(message))
      return
    }
    switch message {
    case .surrender(let wish): tell(wish.asker, .notHandedOver(.callNotActive))
    case .handedOver(let handover):
      // Nobody is left to meet him.
      for leg in handover.legs {
        let reason = HangupReason(cause: 200, text: "The other party has hung up during the transfer")
        signalling?.perform(.end(leg.id, reason))
        let mediaLeg = MediaLeg(
          leg: leg.id, participant: leg.participant, role: handover.party.role, sources: leg.sources)
        media?.perform(.attachLeg(mediaLeg), for: call)
      }
      media?.perform(.closeCall, for: call)
    case .notHandedOver, .late: break
    }
  }
}
