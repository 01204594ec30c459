import Supervision
import TestKit
import Testing

private let customer = ParticipantID(1)
private let agent = ParticipantID(2)
private let superv = ParticipantID(3)
private let second = ParticipantID(4)
private let recorder = ParticipantID(5)
private let names: [String: ParticipantID] = [
  "customer": customer, "agent": agent, "superv.": superv, "second": second, "recorder": recorder,
  "player": .player,
]

private func party(_ id: ParticipantID, _ role: Role) -> Participant {
  Participant(id: id, role: role, address: "\(id)", name: "\(id)", leg: nil)
}

private let two = [party(customer, .customer), party(agent, .agent)]
private let three = two + [party(superv, .supervisor)]
private let four = three + [party(second, .supervisor)]

struct MatrixCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let roster: [Participant]
  let seats: [RoutingMatrix.Seat]
  var holds: Set<ParticipantID> = []
  var isMasked = false
  var prompted: Set<ParticipantID> = []
  let table: String
}

private func seat(
  _ mode: SupervisionMode, _ who: ParticipantID = superv, away: Bool = false, talks: Bool = true
) -> RoutingMatrix.Seat {
  .init(who, target: agent, mode: mode, isAway: away, talks: talks)
}

private let cases = [
  MatrixCase(
    testDescription: "no supervisor", roster: two, seats: [],
    table: """
               customer agent
      customer     .      x
      agent        x      .
      """),
  MatrixCase(
    testDescription: "M1 listen", roster: three, seats: [seat(.listen)],
    table: """
               customer agent superv.
      customer     .      x     .
      agent        x      .     T
      superv.      x      x     .
      """),
  MatrixCase(
    testDescription: "M2 whisper", roster: three, seats: [seat(.whisper)],
    table: """
               customer agent superv.
      customer     .      x     .
      agent        x      .     x
      superv.      x      x     .
      """),
  MatrixCase(
    testDescription: "M3 barge", roster: three, seats: [seat(.barge)],
    table: """
               customer agent superv.
      customer     .      x     x
      agent        x      .     x
      superv.      x      x     .
      """),
  MatrixCase(
    testDescription: "M4 takeover, agent kept as a silent listener", roster: three, seats: [seat(.takeover)],
    table: """
               customer agent superv.
      customer     .      .     x
      agent        x      .     x
      superv.      x      .     .
      """),
  MatrixCase(
    testDescription: "M4 takeover, agent released",
    roster: [party(customer, .customer), party(superv, .supervisor)],
    seats: [.init(superv, target: superv, mode: .takeover)],
    table: """
               customer superv.
      customer     .      x
      superv.      x      .
      """),
  MatrixCase(
    testDescription: "M6 two supervisors: whispers are not for each other", roster: four,
    seats: [seat(.whisper), seat(.listen, second)],
    table: """
               customer agent superv. second
      customer     .      x     .       .
      agent        x      .     x       T
      superv.      x      x     .       .
      second       x      x     .       .
      """),
  MatrixCase(
    testDescription: "M6 what the customer hears, every supervisor hears", roster: four,
    seats: [seat(.barge), seat(.whisper, second)],
    table: """
               customer agent superv. second
      customer     .      x     x       .
      agent        x      .     x       x
      superv.      x      x     .       .
      second       x      x     x       .
      """),
  MatrixCase(
    testDescription: "S2 hold by the agent, whisper", roster: three, seats: [seat(.whisper)], holds: [agent],
    table: """
               customer agent superv. player
      customer     .      .     .       x
      agent        .      .     x       .
      superv.      .      x     .       x
      """),
  MatrixCase(
    testDescription: "S2 hold by the customer, whisper", roster: three, seats: [seat(.whisper)],
    holds: [customer],
    table: """
               customer agent superv. player
      customer     .      .     .       .
      agent        .      .     x       x
      superv.      x      x     .       x
      """),
  MatrixCase(
    testDescription: "S2 a held customer hears no barging supervisor", roster: three, seats: [seat(.barge)],
    holds: [agent],
    table: """
               customer agent superv. player
      customer     .      .     .       x
      agent        .      .     x       .
      superv.      .      x     .       x
      """),
  MatrixCase(
    testDescription: "M4 a takeover ends the hold of the agent who is replaced", roster: three,
    seats: [seat(.takeover)], holds: [agent],
    table: """
               customer agent superv.
      customer     .      .     x
      agent        x      .     x
      superv.      x      .     .
      """),
  MatrixCase(
    testDescription: "S3 a lost handler: the customer hears the hold sound", roster: three,
    seats: [seat(.takeover, away: true)],
    table: """
               customer agent player
      customer     .      .      x
      agent        x      .      .
      """),
  MatrixCase(
    testDescription: "P2 a mask empties the supervisor's row", roster: three, seats: [seat(.whisper)],
    isMasked: true,
    table: """
               customer agent superv.
      customer     .      x     .
      agent        x      .     x
      superv.      .      .     .
      """),
  MatrixCase(
    testDescription: "M7 a prompt is for the supervisor alone", roster: three, seats: [seat(.listen)],
    prompted: [superv],
    table: """
               customer agent superv. player
      customer     .      x     .       .
      agent        x      .     T       .
      superv.      x      x     .       x
      """),
  MatrixCase(
    testDescription: "M2 whisper, the key not held: no voice, but what is written", roster: three,
    seats: [seat(.whisper, talks: false)],
    table: """
               customer agent superv.
      customer     .      x     .
      agent        x      .     T
      superv.      x      x     .
      """),
  MatrixCase(
    testDescription: "M3 barge, muted: nobody hears him, colleagues neither", roster: four,
    seats: [seat(.barge, talks: false), seat(.listen, second)],
    table: """
               customer agent superv. second
      customer     .      x     .       .
      agent        x      .     T       T
      superv.      x      x     .       .
      second       x      x     .       .
      """),
  MatrixCase(
    testDescription: "M4 takeover, muted: the customer waits in silence, the agent stays replaced",
    roster: three, seats: [seat(.takeover, talks: false)],
    table: """
               customer agent superv.
      customer     .      .     .
      agent        x      .     T
      superv.      x      .     .
      """),
  MatrixCase(
    testDescription: "R1 the recorder gets a supervisor whom the customer hears, and no whisper",
    roster: four + [party(recorder, .recorder)], seats: [seat(.barge), seat(.whisper, second)],
    table: """
               customer agent superv. second
      customer     .      x     x       .
      agent        x      .     x       x
      superv.      x      x     .       .
      second       x      x     x       .
      recorder     x      x     x       .
      """),
]

@Test("M1–M7, S2, P2, R1 the design's matrices", arguments: cases)
func designMatrix(_ example: MatrixCase) {
  let matrix = RoutingMatrix.routes(
    roster: example.roster, seats: example.seats, holds: example.holds, isMasked: example.isMasked,
    prompted: example.prompted)
  let table = MatrixTable(example.table)
  #expect(Set(matrix.routes.filter { $0.medium == .voice }) == table.voice(names))
  // A cell with a voice may carry text too; `T` says: text and no voice.
  for route in table.textOnly(names) { #expect(matrix.routes.contains(route)) }
}

@Test("M9 the customer is lowered at the agent only while somebody may whisper to him")
func duckingOnlyInWhisper() {
  for mode in SupervisionMode.allCases {
    let matrix = RoutingMatrix.routes(roster: three, seats: [seat(mode)])
    let expected = mode == .whisper ? [RoutingMatrix.Ducking(listener: agent, speaker: superv)] : []
    #expect(matrix.ducking == expected)
  }
}

@Test("M9 nobody is lowered for a supervisor whose voice is closed")
func noDuckingForClosedVoice() {
  #expect(RoutingMatrix.routes(roster: three, seats: [seat(.whisper, talks: false)]).ducking.isEmpty)
}

@Test("M1 a supervisor's gains tune his own ear, and are neither an opening nor a closing")
func gainsAreHisOwn() {
  var tuned = seat(.barge)
  tuned.gains = [customer: -6, agent: 3, .player: -20, second: 9]
  let plain = RoutingMatrix.routes(roster: four, seats: [seat(.barge), seat(.listen, second)])
  let matrix = RoutingMatrix.routes(
    roster: four, seats: [tuned, seat(.listen, second)], prompted: [superv])
  #expect(
    matrix.routes.filter { $0.gain != 0 } == [
      Route(from: .player, to: superv, gain: -20), Route(from: customer, to: superv, gain: -6),
      Route(from: agent, to: superv, gain: 3),
    ])
  let changes = matrix.changes(since: plain)
  #expect(changes.opened == [Route(from: .player, to: superv)] && changes.closed.isEmpty)
}

@Test("U1 changes between two matrices are the evidence: what opened and what closed")
func changesAreEvidence() {
  let listen = RoutingMatrix.routes(roster: three, seats: [seat(.listen)])
  let barge = RoutingMatrix.routes(roster: three, seats: [seat(.barge)])
  let up = barge.changes(since: listen)
  #expect(up.opened == [Route(from: superv, to: customer), Route(from: superv, to: agent)])
  #expect(up.closed.isEmpty)
  let down = listen.changes(since: barge)
  #expect(down.closed == up.opened && down.opened.isEmpty)
}
