import Supervision

/// What pages ask.
extension BrowserPhones {
  /// Carries out what concerns legs and the phone itself.
  ///
  /// - Returns: why not; nil if it is done.
  func take(_ request: PhoneRequest, of principal: Principal, from line: PhoneLine, client: String)
    -> Problem?
  {
    let holder = Holder(tenant: principal.tenant, user: principal.user)
    return state.withLock { state in
      // A page that was replaced has no say any more.
      guard state.phones[holder]?.line === line else { return .phoneReplaced }
      switch request {
      case .answer(let id, let sdp):
        guard case .ringing(_, let timer)? = own(id, holder, state)?.phase else { return .unknownLeg }
        timer.cancel()
        state.legs[id]?.phase = .up
        report(.answered(id, sdp: sdp, source: line.address))
      case .reject(let id):
        guard case .ringing? = own(id, holder, state)?.phase else { return .unknownLeg }
        _ = Self.remove(id, &state)
        report(.failed(id, SIPFailure(486, "Busy Here")))
      case .hangup(let id): return hangUp(id, holder, &state)
      case .dial(let local, let number, let sdp):
        return dial(local, number, sdp, principal, line, client: client, &state)
      case .offer(let id, let sdp):
        guard let leg = own(id, holder, state), case .up = leg.phase else { return .unknownLeg }
        guard !leg.isOffered else { return .offerPending }
        state.legs[id]?.isOffered = true
        report(.offered(id, sdp: sdp))
      case .away: state.phones[holder]?.isReady = false
      case .ready: state.phones[holder]?.isReady = true
      case .hand, .consent: break
      }
      return nil
    }
  }

  private func own(_ id: LegID, _ holder: Holder, _ state: State) -> Leg? {
    state.legs[id].flatMap { $0.holder == holder ? $0 : nil }
  }

  private func hangUp(_ id: LegID, _ holder: Holder, _ state: inout State) -> Problem? {
    guard let leg = own(id, holder, state) else { return .unknownLeg }
    if case .ringing = leg.phase {
      _ = Self.remove(id, &state)
      report(.failed(id, SIPFailure(486, "Busy Here")))
    } else {
      tell(id, state) { message in
        message.type = .ended
        message.reason = HangupReason.normal.text
      }
      _ = Self.remove(id, &state)
      report(.ended(id, .normal))
    }
    return nil
  }

  private func dial(
    _ local: String, _ number: String, _ sdp: String, _ principal: Principal, _ line: PhoneLine,
    client: String,
    _ state: inout State
  ) -> Problem? {
    let holder = Holder(tenant: principal.tenant, user: principal.user)
    guard state.phones[holder]?.legs.count ?? 0 < Self.mostLegs else { return .tooManyLegs }
    let id = LegID(state.nextLeg)
    state.nextLeg += 2
    state.legs[id] = Leg(holder: holder, phase: .dialled)
    state.phones[holder]?.legs.append(id)
    var message = PhoneMessage(.dialling)
    message.local = local
    message.leg = String(id.value)
    line.send(message)
    report(
      .incoming(
        IncomingInvite(
          leg: id, endpoint: .user(principal.tenant, principal.user), requestUser: number,
          caller: CallerIdentity(user: principal.user.value, name: principal.name), sdp: sdp, headers: [:],
          sourceAddress: line.address, client: client, transport: .webRTC)))
    return nil
  }
}

extension Problem {
  fileprivate static var unknownLeg: Problem {
    Problem(
      404, "unknown-leg", "No such leg", "This phone has no such leg, or it isn't in the state for this.")
  }

  fileprivate static var offerPending: Problem {
    Problem(
      409, "offer-pending", "One offer at a time", "The offer before isn't answered yet. Wait for its answer."
    )
  }

  fileprivate static var tooManyLegs: Problem {
    Problem(
      409, "too-many-legs", "Too many calls", "This phone has \(BrowserPhones.mostLegs) calls. End one first."
    )
  }

  fileprivate static var phoneReplaced: Problem {
    Problem(
      409, "phone-replaced", "Opened elsewhere", "The softphone was opened elsewhere. Open it here again.")
  }
}
