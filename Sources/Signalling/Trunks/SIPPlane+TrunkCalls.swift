import Supervision

/// Calls to trunks: the first next hop that is there, and the following one while nobody has answered.
extension SIPPlane {
  /// What a call to a trunk begins with; nil, and told, if there is nowhere to go.
  func attempt(_ id: LegID, at name: String, for user: String) -> TrunkStates.Attempt? {
    guard let trunk = settings.trunks.first(where: { $0.name == name }), !trunk.nextHops.isEmpty else {
      log("no next hop is configured for trunk '\(name)': name one, or route elsewhere")
      report(.failed(id, SIPFailure(503, "No Next Hop")))
      return nil
    }
    let hops = trunk.nextHops.map { NextHop(trunk: name, address: $0) }.filter(trunks.isUp)
    guard let first = hops.first else {
      report(.failed(id, SIPFailure(503, "No Next Hop Is There", retryAfter: trunk.check)))
      return nil
    }
    return TrunkStates.Attempt(trunk: trunk, hop: first, rest: Array(hops.dropFirst()), user: user)
  }

  /// The INVITE to the first hop is on its way.
  func begin(_ attempt: TrunkStates.Attempt, _ call: OutgoingInvite, _ id: LegID) {
    var attempt = attempt
    attempt.call = call
    trunks.attempts[id] = attempt
    if attempt.trunk.nextHops.count > 1 { waitForHop(id) }
  }

  private func waitForHop(_ id: LegID) {
    let timer = wire { stack in
      stack.after(milliseconds: settings.hopPatience) { [weak self] _ in
        self?.assumeIsolated { plane in
          plane.trunks.attempts[id]?.timer = nil
          plane.hopIsSilent(id)
        }
      }
    }
    trunks.attempts[id]?.timer = timer
  }

  private func hopIsSilent(_ id: LegID) {
    guard let leg = legs[id], leg.state == .dialling(isHeard: false), let attempt = trunks.attempts[id] else {
      return
    }
    note(attempt.hop, isAlive: false)
    if goOn(id, attempt, mayStillBeAnswered: true) { return }
    abandon(leg.dialog, of: id)
    legs[id]?.state = .over
    reportEnd(id, .failed(id, SIPFailure(503, "Next Hop Unreachable", retryAfter: attempt.trunk.check)))
    remove(id)
  }

  /// A final refusal of a hop.
  /// - Returns: whether the call goes on to another: then nobody is told of this one.
  func goesOn(_ id: LegID, after response: SIPResponse) -> Bool {
    guard let attempt = trunks.attempts[id] else { return false }
    let isLocal = response.message == nil
    if [401, 407].contains(response.status) { noteRefusal(response.status, by: attempt.hop, attempt.trunk) }
    let isAlive = HopHealth.isAlive(response.status, isLocal: isLocal)
    // A 408 or 503 after ringing is the callee's, or of somebody far beyond the hop.
    guard !attempt.hasProgress else { return false }
    note(attempt.hop, isAlive: isAlive)
    guard isLocal || [408, 503].contains(response.status) else { return false }
    return goOn(id, attempt, mayStillBeAnswered: false)
  }

  /// Tries the next hop in the same leg. The INVITE before it has been refused, or is given up.
  private func goOn(_ id: LegID, _ old: TrunkStates.Attempt, mayStillBeAnswered: Bool) -> Bool {
    guard let leg = legs[id], var call = old.call,
      let next = old.rest.firstIndex(where: { trunks.isUp($0) })
    else { return false }
    var attempt = old
    attempt.hop = old.rest[next]
    attempt.rest = Array(old.rest[(next + 1)...])
    if let timer = attempt.timer { wire { $0.cancel(timer) } }
    attempt.timer = nil
    call.uri = attempt.uri
    count(\.failovers)
    log("\(id) goes on to \(attempt.hop): \(old.hop.address) can't take it")
    if mayStillBeAnswered { abandon(leg.dialog, of: id) } else { wire { $0.release(leg.dialog) } }
    let dialog = wire { $0.invite(call) }
    move(id, to: dialog)
    legs[id]?.state = .dialling(isHeard: false)
    legs[id]?.invite = call
    attempt.call = call
    trunks.attempts[id] = attempt
    waitForHop(id)
    return true
  }

  /// A hop has said something.
  func hopSpoke(_ id: LegID, _ status: Int) {
    guard let attempt = trunks.attempts[id] else { return }
    if let timer = attempt.timer { wire { $0.cancel(timer) } }
    trunks.attempts[id]?.timer = nil
    guard status > 100 else { return }
    if !attempt.hasProgress { note(attempt.hop, isAlive: true) }
    trunks.attempts[id]?.hasProgress = true
  }

  /// Nobody waits for this INVITE any more, but something may still come of it.
  private func abandon(_ dialog: SIPDialog, of id: LegID) {
    trunks.abandoned.insert(dialog)
    detach(dialog, of: id)
  }

  /// What comes of an INVITE that was given up: it is taken back as soon as it may be, or hung up.
  func abandonedAnswered(_ response: SIPResponse) -> Bool {
    guard trunks.abandoned.contains(response.dialog) else { return false }
    let reason = HangupReason(cause: 503, text: "Another next hop was taken").header
    switch (response.method, response.status) {
    case (.invite, ..<200): wire { $0.cancel(response.dialog, headers: [reason]) }
    case (.invite, 200..<300): wire { $0.bye(response.dialog, headers: [reason]) }
    case (.invite, _), (.bye, 200...): forgetAbandoned(response.dialog)
    default: break
    }
    return true
  }

  func forgetAbandoned(_ dialog: SIPDialog) {
    trunks.abandoned.remove(dialog)
    wire { $0.release(dialog) }
  }

  func noteRefusal(_ status: Int, by hop: NextHop, _ trunk: SignallingSettings.Trunk) {
    count(\.refusedCredentials)
    guard let credentials = trunk.credentials else {
      return logAtDoor(
        "\(hop) wants credentials (\(status)): give the trunk a username and a password")
    }
    logAtDoor(
      "\(hop) refuses the credentials of '\(credentials.user)' (\(status)): correct the trunk's username and "
        + "password")
  }
}
