extension RoutingMatrix {
  /// A supervisor as the matrix sees him.
  package struct Seat: Hashable, Sendable {
    package var supervisor: ParticipantID
    package var target: ParticipantID
    package var mode: SupervisionMode
    /// His connection is lost and he may still return: he neither hears nor speaks, but keeps his place.
    package var isAway: Bool
    /// His voice is open; a browser's is only while he presses to talk.
    package var talks: Bool
    /// How loud he hears whom, dB. Nobody else's ear changes by it.
    package var gains: [ParticipantID: Float]
    /// Parties who have come by a transfer that isn't in the audit yet: he and they don't hear one another.
    package var barred: Set<ParticipantID>

    package init(
      _ supervisor: ParticipantID, target: ParticipantID, mode: SupervisionMode, isAway: Bool = false,
      talks: Bool = true, gains: [ParticipantID: Float] = [:], barred: Set<ParticipantID> = []
    ) {
      self.barred = barred
      self.talks = talks
      self.gains = gains
      self.supervisor = supervisor
      self.target = target
      self.mode = mode
      self.isAway = isAway
    }
  }

  /// Who receives whom. The same inputs give the same matrix.
  ///
  /// - Parameters:
  ///   - roster: everyone with sound on the call; supervisors without a seat neither hear nor speak.
  ///   - holds: those who hold the others.
  ///   - isAwaiting: somebody is on his way to a party who is alone, or may come and fetch him.
  ///   - prompted: supervisors to whom the player says something now.
  package static func routes(
    roster: [Participant], seats: [Seat], holds: Set<ParticipantID> = [], isAwaiting: Bool = false,
    isMasked: Bool = false, prompted: Set<ParticipantID> = [], policy: Policy = Policy()
  ) -> RoutingMatrix {
    RoutingRules(
      roster: roster, seats: seats, holds: holds, isAwaiting: isAwaiting, isMasked: isMasked,
      prompted: prompted, policy: policy
    ).matrix()
  }
}

extension RoutingMatrix.Seat {
  /// Whether a voice of his goes anywhere, as far as that is up to him.
  fileprivate var isHeard: Bool { !isAway && talks }
}

/// The rules behind `RoutingMatrix.routes`, one question each.
private struct RoutingRules {
  let roster: [Participant]
  let seats: [RoutingMatrix.Seat]
  let isMasked: Bool
  let prompted: Set<ParticipantID>
  let policy: Policy

  /// Customers and agents.
  let parties: [Participant]
  /// Agents in whose place a supervisor stands: they hear both and are heard by nobody.
  let replaced: Set<ParticipantID>
  /// Parties who hold. The hold of a replaced agent is void.
  let holders: Set<ParticipantID>
  /// A party who is alone, for whom somebody is on his way.
  let waiting: ParticipantID?

  init(
    roster: [Participant], seats: [RoutingMatrix.Seat], holds: Set<ParticipantID>, isAwaiting: Bool,
    isMasked: Bool, prompted: Set<ParticipantID>, policy: Policy
  ) {
    let known = Set(roster.map(\.id))
    self.roster = roster
    self.seats = seats.filter { $0.isAway || known.contains($0.supervisor) }
    self.isMasked = isMasked
    self.prompted = prompted
    self.policy = policy
    parties = roster.filter { $0.role == .customer || $0.role == .agent }
    let agents = Set(parties.filter { $0.role == .agent }.map(\.id))
    replaced = Set(self.seats.filter { $0.mode == .takeover }.map(\.target)).intersection(agents)
    holders = holds.intersection(parties.map(\.id)).subtracting(replaced)
    waiting = isAwaiting && parties.count == 1 ? parties[0].id : nil
  }

  func matrix() -> RoutingMatrix {
    var routes = parties.flatMap(voicesHeard(byParty:))
    for seat in seats where !seat.isAway {
      routes += voicesHeard(bySupervisor: seat)
      routes += written(by: seat)
    }
    routes += roster.flatMap(voicesHeard(byMachine:))
    routes += playerRoutes(beside: routes)
    return RoutingMatrix(routes.map(tuned), ducking: ducking())
  }

  /// As loud as the supervisor who hears it wants it.
  private func tuned(_ route: Route) -> Route {
    guard route.medium == .voice, let seat = seats.first(where: { $0.supervisor == route.to }),
      let gain = seat.gains[route.from]
    else { return route }
    return Route(from: route.from, to: route.to, gain: gain)
  }

  // MARK: Who hears whom

  private func voicesHeard(byParty listener: Participant) -> [Route] {
    let others = parties.filter { converse($0, listener) }.map(\.id)
    let supervisors = seats.filter { speaks($0, to: listener) }.map(\.supervisor)
    return (others + supervisors).map { Route(from: $0, to: listener.id) }
  }

  /// Two parties talk with one another unless one is replaced (then he only listens) or one of them holds.
  private func converse(_ speaker: Participant, _ listener: Participant) -> Bool {
    speaker.id != listener.id && !replaced.contains(speaker.id) && !holders.contains(speaker.id)
      && !holders.contains(listener.id)
  }

  private func speaks(_ seat: RoutingMatrix.Seat, to listener: Participant) -> Bool {
    guard seat.isHeard, listener.id != seat.supervisor, !seat.barred.contains(listener.id) else {
      return false
    }
    switch seat.mode {
    case .listen: return false
    case .whisper: return listener.id == seat.target && listener.role != .customer
    // A customer who holds, or is held, is out of the conversation: he hears the player or nothing.
    case .barge, .takeover: return listener.role != .customer || !isSuspended(listener)
    }
  }

  private func voicesHeard(bySupervisor seat: RoutingMatrix.Seat) -> [Route] {
    guard !isMasked || seat.mode == .takeover else { return [] }
    let heard = parties.filter { party in
      !replaced.contains(party.id) && !isHeldCustomer(party) && !seat.barred.contains(party.id)
    }.map(\.id)
    let colleagues = seats.filter { hears(seat, $0) }.map(\.supervisor)
    return (heard + colleagues).map { Route(from: $0, to: seat.supervisor) }
  }

  /// What the customer hears, every supervisor hears; whispers only those to whom they are said, unless the policy allows more.
  private func hears(_ listener: RoutingMatrix.Seat, _ speaker: RoutingMatrix.Seat) -> Bool {
    guard speaker.supervisor != listener.supervisor, speaker.isHeard else { return false }
    switch speaker.mode {
    case .listen: return false
    case .whisper: return speaker.target == listener.supervisor || policy.supervisorsHearWhispers
    case .barge, .takeover: return true
    }
  }

  private func voicesHeard(byMachine machine: Participant) -> [Route] {
    let voices: [ParticipantID]
    switch machine.role {
    case .guard: voices = parties.map(\.id)
    case .analyser where !isMasked:
      voices = parties.map(\.id) + seats.filter(\.isHeard).map(\.supervisor)
    case .recorder where !isMasked:
      let audible = seats.filter { seat in
        parties.contains { $0.role == .customer && speaks(seat, to: $0) }
      }
      voices = parties.map(\.id) + audible.map(\.supervisor)
    default: voices = []
    }
    return voices.map { Route(from: $0, to: machine.id) }
  }

  // MARK: Hold

  /// Held by somebody else, or left alone for a while.
  private func isHeld(_ party: Participant) -> Bool {
    party.id == waiting || holders.contains { $0 != party.id }
  }

  private func isSuspended(_ party: Participant) -> Bool { isHeld(party) || holders.contains(party.id) }

  /// What a customer says to the hold sound is for nobody.
  private func isHeldCustomer(_ party: Participant) -> Bool { party.role == .customer && isHeld(party) }

  /// The hold sound for whoever would hear nobody of the call; supervisors hear it too, so that they know.
  private func playerRoutes(beside routes: [Route]) -> [Route] {
    let hearingAParty = Set(routes.filter { $0.medium == .voice && isCounterpart($0.from) }.map(\.to))
    let someoneAway = seats.contains { $0.isAway && $0.mode == .takeover }
    let waiting = parties.filter { party in
      !hearingAParty.contains(party.id) && !holders.contains(party.id) && !replaced.contains(party.id)
        && (isHeld(party) || (someoneAway && party.role == .customer))
    }
    var listeners = Set(waiting.map(\.id)).union(prompted)
    if !waiting.isEmpty {
      let attending = seats.filter { !$0.isAway && (!isMasked || $0.mode == .takeover) }
      listeners.formUnion(attending.map(\.supervisor))
    }
    return listeners.map { Route(from: .player, to: $0) }
  }

  /// Somebody to talk to: a party, or a supervisor who stands in an agent's place. A whisper doesn't end the wait.
  private func isCounterpart(_ id: ParticipantID) -> Bool {
    parties.contains { $0.id == id } || seats.contains { $0.supervisor == id && $0.mode == .takeover }
  }

  // MARK: Beside the voice

  /// A cue goes to whom he coaches: an agent, or a supervisor who has taken over.
  private func written(by seat: RoutingMatrix.Seat) -> [Route] {
    let isAgent = parties.contains {
      $0.id == seat.target && $0.role == .agent && !seat.barred.contains($0.id)
    }
    let isHandler = seats.contains {
      $0.supervisor == seat.target && $0.supervisor != seat.supervisor && !$0.isAway && $0.mode == .takeover
    }
    return isAgent || isHandler ? [Route(.text, from: seat.supervisor, to: seat.target)] : []
  }

  private func ducking() -> [RoutingMatrix.Ducking] {
    seats.filter { $0.mode == .whisper && $0.isHeard }.compactMap { seat in
      parties.contains { $0.id == seat.target && $0.role == .agent }
        ? RoutingMatrix.Ducking(listener: seat.target, speaker: seat.supervisor) : nil
    }
  }
}
