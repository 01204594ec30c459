import Supervision
import Testing

/// A small generator with a seed, so that a failing case can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Any number of customers, agents, supervisors and machines, in any modes, holds and masks.
struct GeneratedCall {
  var roster: [Participant] = []
  var seats: [RoutingMatrix.Seat] = []
  var holds: Set<ParticipantID> = []
  var isMasked: Bool
  var policy = Policy()

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var id: UInt32 = 0
    func add(_ role: Role, upTo limit: Int, from least: Int, to roster: inout [Participant]) {
      for _ in 0..<Int.random(in: least...limit, using: &random) {
        id += 1
        roster.append(
          Participant(id: ParticipantID(id), role: role, address: "\(id)", name: "", leg: nil))
      }
    }
    add(.customer, upTo: 2, from: 0, to: &roster)
    add(.agent, upTo: 3, from: 0, to: &roster)
    add(.supervisor, upTo: 4, from: 0, to: &roster)
    for role in [Role.recorder, .analyser, .guard] { add(role, upTo: 1, from: 0, to: &roster) }
    let parties = roster.filter { $0.role == .customer || $0.role == .agent }
    for supervisor in roster where supervisor.role == .supervisor && Bool.random(using: &random) {
      guard let target = roster.randomElement(using: &random) else { continue }
      let talks = Int.random(in: 0..<3, using: &random) != 0
      var gains: [ParticipantID: Float] = [:]
      for member in roster where Int.random(in: 0..<4, using: &random) == 0 {
        gains[member.id] = Float(Int.random(in: -40...12, using: &random))
      }
      seats.append(
        .init(
          supervisor.id, target: target.id, mode: SupervisionMode.allCases.randomElement(using: &random)!,
          isAway: Int.random(in: 0..<6, using: &random) == 0, talks: talks, gains: gains))
    }
    holds = Set(parties.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map(\.id))
    isMasked = Int.random(in: 0..<4, using: &random) == 0
    policy.supervisorsHearWhispers = Bool.random(using: &random)
  }

  var matrix: RoutingMatrix {
    .routes(roster: roster, seats: seats, holds: holds, isMasked: isMasked, policy: policy)
  }

  func role(_ id: ParticipantID) -> Role? { id == .player ? .player : roster.first { $0.id == id }?.role }
  func ids(_ role: Role) -> [ParticipantID] { roster.filter { $0.role == role }.map(\.id) }
}

@Test("M1–M6, P2 properties of the matrix over 20,000 generated calls")
func matrixProperties() {
  for seed in UInt64(0)..<20_000 {
    let call = GeneratedCall(seed: seed)
    let matrix = call.matrix
    let again = RoutingMatrix.routes(
      roster: call.roster.reversed(), seats: call.seats.reversed(), holds: call.holds,
      isMasked: call.isMasked,
      policy: call.policy)
    #expect(matrix == again, "seed \(seed): the order of joining must not matter")
    for route in matrix.routes {
      #expect(route.from != route.to, "seed \(seed): nobody hears himself")
      let speaker = call.role(route.from)
      let listener = call.role(route.to)
      #expect(speaker != nil && listener != nil, "seed \(seed): a route of somebody who isn't there")
      #expect(
        speaker != .recorder && speaker != .analyser && speaker != .guard, "seed \(seed): a machine speaks")
      let seat = call.seats.first { $0.supervisor == route.from }
      if speaker == .supervisor {
        #expect(seat?.isAway == false, "seed \(seed): a supervisor without a seat, or away, is heard")
        if route.medium == .voice {
          #expect(seat?.talks == true, "seed \(seed): a voice that is closed is heard")
        }
        if route.medium == .voice, listener != .analyser {
          #expect(seat?.mode != .listen, "seed \(seed): a listener is heard")
        }
      }
      if listener == .customer, speaker == .supervisor {
        #expect(seat.map { $0.mode >= .barge } == true, "seed \(seed): the customer hears a whisper")
      }
      if listener == .supervisor {
        let own = call.seats.first { $0.supervisor == route.to }
        #expect(own != nil, "seed \(seed): a supervisor without a session hears")
        if call.isMasked, own?.mode != .takeover {
          #expect(speaker != .customer && speaker != .agent, "seed \(seed): a mask leaks to a supervisor")
        }
      }
      if call.isMasked, listener == .recorder || listener == .analyser {
        Issue.record("seed \(seed): a mask leaks to a machine")
      }
    }
    for guardian in call.ids(.guard) {
      #expect(
        Set(matrix.sources(of: guardian)) == Set(call.ids(.customer) + call.ids(.agent)),
        "seed \(seed): the guard must always hear both")
    }
  }
}

@Test("M1 gains change nothing but the loudness in their supervisor's own row")
func gainsChangeNothingElse() {
  for seed in UInt64(0)..<20_000 {
    var call = GeneratedCall(seed: seed)
    let tuned = call.matrix
    let wishes = Dictionary(
      call.seats.map { ($0.supervisor, $0.gains) }, uniquingKeysWith: { first, _ in first })
    for index in call.seats.indices { call.seats[index].gains = [:] }
    let plain = call.matrix
    let isSame =
      tuned.ducking == plain.ducking
      && tuned.routes.map { Route($0.medium, from: $0.from, to: $0.to) } == plain.routes
    #expect(isSame, "seed \(seed): a gain opened or closed something")
    for route in tuned.routes {
      let wanted = route.medium == .voice ? wishes[route.to]?[route.from] ?? 0 : 0
      if route.gain != wanted { Issue.record("seed \(seed): \(route) should have \(wanted) dB") }
    }
  }
}

@Test("M5 a closed voice is as silent as listening, for everyone")
func closedVoiceIsSilent() {
  for seed in UInt64(0)..<5_000 {
    var call = GeneratedCall(seed: seed)
    guard let index = call.seats.firstIndex(where: { $0.mode != .takeover }) else { continue }
    let supervisor = call.seats[index].supervisor
    call.seats[index].talks = false
    let closed = call.matrix
    #expect(closed.listeners(to: supervisor).isEmpty, "seed \(seed)")
    call.seats[index].mode = .listen
    #expect(closed == call.matrix, "seed \(seed)")
  }
}

@Test("M5 an ended session leaves no route, and what stays is as if it had never been")
func endedSessionLeavesNothing() {
  for seed in UInt64(0)..<5_000 {
    var call = GeneratedCall(seed: seed)
    guard let leaving = call.seats.first else { continue }
    call.seats.removeFirst()
    let after = call.matrix
    #expect(!after.routes.contains { $0.from == leaving.supervisor || $0.to == leaving.supervisor })
    call.roster.removeAll { $0.id == leaving.supervisor }
    #expect(after == call.matrix, "seed \(seed)")
  }
}

@Test("M5 listening changes nothing for customer and agent")
func listeningIsInvisible() {
  for seed in UInt64(0)..<5_000 {
    var call = GeneratedCall(seed: seed)
    call.seats.removeAll { $0.mode != .listen }
    let listened = call.matrix.routes.filter { $0.medium == .voice && call.role($0.to) != .supervisor }
    call.seats = []
    #expect(
      listened.filter { call.role($0.from) != .supervisor }
        == call.matrix.routes.filter { $0.medium == .voice }, "seed \(seed)")
  }
}

@Test("S6 U3 who is barred is apart from the supervisor in both directions, and nobody else's ear changes")
func barredAreApart() {
  for seed in UInt64(0)..<5_000 {
    var call = GeneratedCall(seed: seed)
    let parties = call.ids(.customer) + call.ids(.agent)
    guard let barred = parties.last,
      let index = call.seats.firstIndex(where: { $0.mode != .takeover && $0.target != barred })
    else { continue }
    let supervisor = call.seats[index].supervisor
    let before = call.matrix
    call.seats[index].barred = [barred]
    let after = call.matrix
    let apart = { (route: Route) in
      (route.from == barred && route.to == supervisor) || (route.from == supervisor && route.to == barred)
    }
    #expect(!after.routes.contains(where: apart), "seed \(seed)")
    let others = { (matrix: RoutingMatrix) in
      matrix.routes.filter { !apart($0) && $0.from != .player && call.role($0.to) != .recorder }
    }
    #expect(others(after) == others(before), "seed \(seed)")
  }
}
