/// Hanging up: at once, by event, for everyone; then the books are closed.
extension Call {
  /// What a caller is told whose INVITE isn't answered yet.
  enum Farewell: Hashable, Sendable {
    case hangUp
    case reject(SIPFailure)
    case refuse(Refusal)
  }

  /// Ends every leg that is left. What closes sound waits for nothing.
  mutating func end(_ reason: HangupReason, farewell: Farewell = .hangUp, at now: Moment) -> [CallEffect] {
    guard !isOver else { return [.illegal(.callEnding)] }
    let wasAnswered = phase == .answered
    phase = .ending
    endedAt = now
    endReason = reason
    hand = nil
    let unfinished = abandonTransfer(because: reason)
    var effects =
      unfinished
      + legs.keys.sorted { $0.value < $1.value }.flatMap { id in
        hangUp(id, reason, wasAnswered || id != setup.caller.leg ? .hangUp : farewell)
      }
    effects += reroute()
    effects.append(.media(.closeCall))
    for session in sessions where session.phase != .ended {
      effects += close(session.id, because: "the call ended: \(reason.text)", at: now)
    }
    return effects + finishIfOver()
  }

  /// One leg's farewell. A leg that has no dialog yet, or is refused, is simply gone.
  mutating func hangUp(_ id: LegID, _ reason: HangupReason, _ farewell: Farewell = .hangUp) -> [CallEffect] {
    guard let leg = legs[id], leg.phase != .ending else { return [] }
    if leg.phase == .preparing || !leg.isSignalled {
      legs[id] = nil
      return []
    }
    switch farewell {
    case .hangUp:
      legs[id]?.phase = .ending
      return [.signalling(.end(id, reason))]
    case .reject(let failure):
      legs[id] = nil
      return [.signalling(.reject(id, failure))]
    case .refuse(let refusal):
      legs[id] = nil
      return [.signalling(.refuse(id, refusal))]
    }
  }

  /// A peer has hung up, or can't be reached any more.
  mutating func legEnded(_ leg: Leg, _ reason: HangupReason, isLost: Bool, at now: Moment) -> [CallEffect] {
    if leg.purpose == .newcomer, transfer?.leg == leg.id {
      return newcomerLost(leg, .failed(SIPFailure(487, reason.text)), at: now)
    }
    legs[leg.id] = nil
    if case .supervisor(let session) = leg.purpose {
      return supervisorGone(session, reason, isLost: isLost, at: now)
    }
    if isReplaced(leg.participant) {
      return depart(leg.participant, at: now)
    }
    return partyGone(leg, reason, at: now)
  }

  /// The outcome of our own hanging up.
  mutating func legGone(_ leg: Leg) -> [CallEffect] {
    legs[leg.id] = nil
    return finishIfOver()
  }

  /// An agent in whose place a supervisor stands.
  func isReplaced(_ participant: ParticipantID) -> Bool {
    sessions.contains { $0.isHandling && $0.target == participant }
  }

  /// A replaced agent leaves, by himself or released. The call goes on between customer and supervisor; whoever
  /// coached him now stands beside the new handler, and only listens until he says otherwise.
  mutating func depart(_ agent: ParticipantID, at now: Moment) -> [CallEffect] {
    guard let leg = leg(of: agent), let handler else { return [] }
    participants.removeAll { $0.id == agent }
    holders.remove(agent)
    if hand?.agent == agent { hand = nil }
    var effects: [CallEffect] = []
    for session in sessions where session.target == agent && session.phase != .ended {
      effects += retarget(session.id, to: handler, at: now)
    }
    return reroute() + [.media(.closeLeg(leg))] + effects
  }

  /// The media plane has closed a leg: its record, and its supervisor's closing entry.
  mutating func mediaClosed(_ id: LegID, _ report: LegReport, at now: Moment) -> [CallEffect] {
    guard let party = seated[id] else { return [.illegal(.eventForUnknownLeg)] }
    reports.append(
      LegRecord(
        participant: party.id, role: party.role, address: party.address, report: report, quality: quality[id])
    )
    return countProof(from: party.id, id, report.proof, at: now) + finishIfOver()
  }

  /// Kept for the watchers and the record. No rule depends on it.
  mutating func qualityRead(_ readings: [LegID: LegQuality]) -> [CallEffect] {
    for (id, reading) in readings where seated[id] != nil {
      if quality[id] == nil { quality[id] = QualityHistory(reading) } else { quality[id]?.add(reading) }
    }
    return []
  }

  mutating func finishIfOver() -> [CallEffect] {
    guard phase == .ending, isMediaClosed, legs.isEmpty, tickets.isEmpty else { return [] }
    phase = .ended
    return [.finished(record)]
  }
}
