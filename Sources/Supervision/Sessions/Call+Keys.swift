extension CallTimer {
  /// Those that end with their session.
  static func all(of session: SessionID) -> [CallTimer] {
    [
      .confirm(session), .prompt(session), .supervisorReturn(session), .browserConnect(session),
      .consent(session),
    ]
  }
}

/// A supervisor's keys: `4` listen, `5` whisper, `6 6` barge, `7 7` take over, `*` leave. Others mean nothing, and no
/// key ever reaches another party.
extension Call {
  /// Milliseconds in which `6` or `7` must be pressed again.
  static let confirmationTime: Int64 = 3_000

  mutating func pressed(_ leg: LegID, _ key: Character, by principal: Principal?, at now: Moment)
    -> [CallEffect]
  {
    guard let index = sessions.firstIndex(where: { $0.leg == leg && $0.phase == .live }) else { return [] }
    let session = sessions[index]
    if key == "*" { return close(session.id, because: "left by key", at: now) }
    guard let mode = Self.mode(of: key) else { return [] }
    let origin = ActOrigin(
      channel: "dtmf", address: session.request.origin.address, client: session.request.origin.client)
    sessions[index].request.origin = origin
    guard let principal else {
      return refuseChange(index, .notPermitted(mode.permission), asking: mode, at: now)
    }
    let change = ModeChange(mode: mode, principal: principal, reason: nil, origin: origin)
    guard mode >= .barge, mode != session.mode else { return changeMode(nil, session.id, change, at: now) }
    if session.confirming == mode {
      sessions[index].confirming = nil
      return [.stopTimer(.confirm(session.id))] + changeMode(nil, session.id, change, at: now)
    }
    // He learns at the first press that it won't be allowed.
    if mode > session.mode,
      let refusal = objection(
        to: mode, by: principal, of: session.id, session.request.purpose, nil, at: now)
    {
      return refuseChange(index, refusal, asking: mode, at: now)
    }
    sessions[index].confirming = mode
    return say(.confirm, index, for: Self.confirmationTime)
      + [.startTimer(.confirm(session.id), milliseconds: Self.confirmationTime)]
  }

  private static func mode(of key: Character) -> SupervisionMode? {
    switch key {
    case "4": .listen
    case "5": .whisper
    case "6": .barge
    case "7": .takeover
    default: nil
    }
  }

  mutating func fired(_ timer: CallTimer, at now: Moment) -> [CallEffect] {
    switch timer {
    case .confirm(let id):
      guard let index = indexOf(id) else { return [] }
      sessions[index].confirming = nil
      return []
    case .prompt(let id):
      guard let index = indexOf(id) else { return [] }
      sessions[index].prompt = nil
      return reroute()
    case .supervisorReturn(let id):
      guard session(id)?.phase == .away else { return [] }
      return close(id, because: "the connection was lost and he did not return", at: now)
    case .browserConnect(let id): return browserTooSlow(id, at: now)
    case .consent(let id): return consentMissed(id, at: now)
    case .partyReturn(let leg): return partyStaysAway(leg, at: now)
    case .cueAge: return forgetOldCues(at: now)
    case .parking: return parkedTooLong()
    }
  }
}
