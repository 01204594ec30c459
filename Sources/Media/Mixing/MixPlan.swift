import Supervision

/// The voice routes of a matrix, compiled: one row for each listener, the cheapest that does it (silence < relay <
/// mix), and listeners who hear the same grouped so that their sound is made once.
struct MixPlan: Hashable {
  /// One source of a row.
  struct Input: Hashable {
    var source: ParticipantID
    /// dB.
    var gain: Float
    /// The others are lowered while this one speaks (M9).
    var ducks: Bool
    /// Its packets may pace the row.
    var paces: Bool
  }

  /// What the packet path makes once and sends to one or more listeners.
  struct Mix: Hashable {
    /// Those that may pace come first, in the order in which they are asked.
    var inputs: [Input]
    var listeners: [ParticipantID]
    /// Goes to customer or agent: served before supervisors' rows.
    var servesCall: Bool
    /// In which it is made: wide where a source is and all listeners may be.
    var band: Band
    /// Never silent: the listener has nobody else, so pauses are filled (M4).
    var isKeptAlive: Bool

    /// One source as it stands: packets are passed on untouched.
    var isRelay: Bool { inputs.count == 1 && inputs[0].gain == 0 && inputs[0].source != .player }
  }

  /// What one listener gets.
  enum Row: Hashable {
    case silence
    case relay(ParticipantID)
    case mix([ParticipantID])
  }

  private(set) var mixes: [Mix] = []

  /// - Parameters:
  ///   - roles: the parties that have a leg. Routes from or to anybody else are left out.
  ///   - wide: those whose sound is wide.
  init(_ matrix: RoutingMatrix, roles: [ParticipantID: Role], wide: Set<ParticipantID> = []) {
    for listener in roles.keys.sorted() {
      guard let role = roles[listener] else { continue }
      var mix = Self.mix(for: listener, role: role, matrix: matrix, roles: roles)
      if wide.contains(listener), mix.inputs.contains(where: { wide.contains($0.source) }) {
        mix.band = .wide
      }
      guard !mix.inputs.isEmpty else { continue }
      let hasPlayer = mix.inputs.contains { $0.source == .player }
      // The player plays to each listener his own sound.
      let twin = mixes.firstIndex {
        !hasPlayer && $0.inputs == mix.inputs && $0.servesCall == mix.servesCall
          && $0.band == mix.band && $0.isKeptAlive == mix.isKeptAlive
      }
      if let twin { mixes[twin].listeners.append(listener) } else { mixes.append(mix) }
    }
  }

  func row(of listener: ParticipantID) -> Row {
    guard let mix = mixes.first(where: { $0.listeners.contains(listener) }) else { return .silence }
    return mix.isRelay ? .relay(mix.inputs[0].source) : .mix(mix.inputs.map(\.source))
  }

  private static func mix(
    for listener: ParticipantID, role: Role, matrix: RoutingMatrix, roles: [ParticipantID: Role]
  ) -> Mix {
    let routes = matrix.routes.filter { route in
      route.medium == .voice && route.to == listener && route.from != listener
        && (route.from == .player || roles[route.from] != nil)
    }
    let ducking = Set(matrix.ducking.filter { $0.listener == listener }.map(\.speaker))
    // A call's own parties pace a row. Only where there are none, its supervisors do.
    let parties = routes.filter { roles[$0.from]?.isCallParty == true }
    let hasParty = !parties.isEmpty
    let inputs = routes.map { route in
      let isParty = roles[route.from]?.isCallParty == true
      return Input(
        source: route.from, gain: route.gain, ducks: ducking.contains(route.from),
        paces: route.from != .player && (isParty || !hasParty))
    }
    let sorted = inputs.sorted { a, b in
      let (rankA, rankB) = (rank(a, roles), rank(b, roles))
      return rankA == rankB ? a.source < b.source : rankA < rankB
    }
    let servesCall = role.isCallParty
    return Mix(
      inputs: sorted, listeners: [listener], servesCall: servesCall, band: .narrow,
      isKeptAlive: servesCall && !hasParty)
  }

  private static func rank(_ input: Input, _ roles: [ParticipantID: Role]) -> Int {
    switch roles[input.source] {
    case .customer: 0
    case .agent: 1
    case .supervisor: 2
    default: 3
    }
  }
}

extension Role {
  /// One of those who hold the conversation.
  var isCallParty: Bool { self == .customer || self == .agent }
}
