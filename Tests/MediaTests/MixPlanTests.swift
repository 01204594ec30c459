import Supervision
import Testing

@testable import Media

@Suite("Rows compiled from a matrix")
struct MixPlanTests {
  private static let customer = ParticipantID(1)
  private static let agent = ParticipantID(2)
  private static let supervisor = ParticipantID(3)
  private static let second = ParticipantID(4)
  private static let roles: [ParticipantID: Role] = [
    customer: .customer, agent: .agent, supervisor: .supervisor, second: .supervisor,
  ]

  /// `a>b` pairs: c customer, a agent, s and t supervisors, p player.
  private func matrix(_ text: String) -> RoutingMatrix {
    let names: [Character: ParticipantID] = [
      "c": Self.customer, "a": Self.agent, "s": Self.supervisor, "t": Self.second, "p": .player,
    ]
    return RoutingMatrix(
      text.split(separator: " ").compactMap { pair in
        guard let from = pair.first.flatMap({ names[$0] }), let to = pair.last.flatMap({ names[$0] }) else {
          return nil
        }
        return Route(from: from, to: to)
      })
  }

  private func rows(_ text: String) -> [MixPlan.Row] {
    let plan = MixPlan(matrix(text), roles: Self.roles)
    return [Self.customer, Self.agent, Self.supervisor].map(plan.row)
  }

  @Test("M1 listen: the call is relayed, the supervisor has a mix")
  func listen() {
    #expect(
      rows("c>a a>c c>s a>s")
        == [.relay(Self.agent), .relay(Self.customer), .mix([Self.customer, Self.agent])])
  }

  @Test("M2 whisper: the customer's row is a relay of the agent still")
  func whisper() {
    #expect(
      rows("c>a a>c c>s a>s s>a")
        == [
          .relay(Self.agent), .mix([Self.customer, Self.supervisor]), .mix([Self.customer, Self.agent]),
        ])
  }

  @Test("M3 barge: each hears both others")
  func barge() {
    #expect(
      rows("c>a a>c c>s a>s s>a s>c")
        == [
          .mix([Self.agent, Self.supervisor]), .mix([Self.customer, Self.supervisor]),
          .mix([Self.customer, Self.agent]),
        ])
  }

  @Test("M4 takeover: the supervisor is relayed to the customer, and pauses are filled")
  func takeover() throws {
    #expect(
      rows("s>c c>s c>a s>a")
        == [.relay(Self.supervisor), .mix([Self.customer, Self.supervisor]), .relay(Self.customer)])
    let plan = MixPlan(matrix("s>c c>s"), roles: Self.roles)
    let row = try #require(plan.mixes.first { $0.listeners == [Self.customer] })
    #expect(row.isKeptAlive && row.servesCall && row.inputs[0].paces)
  }

  @Test("M6 listeners who hear the same share one mix; the player is never shared")
  func shared() {
    let shared = MixPlan(matrix("c>s a>s c>t a>t"), roles: Self.roles)
    #expect(shared.mixes.map(\.listeners) == [[Self.supervisor, Self.second]])
    let apart = MixPlan(matrix("c>s p>s c>t p>t"), roles: Self.roles)
    #expect(apart.mixes.map(\.listeners) == [[Self.supervisor], [Self.second]])
  }

  @Test("M2 a whisperer never paces a row that has a party of the call")
  func pacing() throws {
    let plan = MixPlan(matrix("c>a s>a t>a"), roles: Self.roles)
    let row = try #require(plan.mixes.first)
    #expect(row.inputs.map(\.paces) == [true, false, false])
  }

  @Test("M9 gain and ducking make a mix")
  func ducking() throws {
    let loud = RoutingMatrix([Route(from: Self.customer, to: Self.agent, gain: 3)])
    #expect(MixPlan(loud, roles: Self.roles).row(of: Self.agent) == .mix([Self.customer]))
    let ducked = RoutingMatrix(
      [Route(from: Self.customer, to: Self.agent), Route(from: Self.supervisor, to: Self.agent)],
      ducking: [.init(listener: Self.agent, speaker: Self.supervisor)])
    let row = try #require(MixPlan(ducked, roles: Self.roles).mixes.first)
    #expect(row.inputs.map(\.ducks) == [false, true])
  }

  @Test("M1 nobody hears himself, and who has no leg has no row")
  func nobody() {
    #expect(MixPlan(matrix("c>c"), roles: Self.roles).mixes.isEmpty)
    #expect(MixPlan(matrix("c>a"), roles: [Self.customer: .customer]).mixes.isEmpty)
  }
}
