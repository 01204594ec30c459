import API
import Phones
import TestKit
import Testing

/// Lamps of phones (RFC 4235), asked for by SIPp.
@Suite("I6 A7 lamps of real phones", .serialized, .timeLimit(.minutes(4)))
struct LampScenarios {
  private func lamp(of subject: String, for user: String, _ floor: Floor, state: String) throws -> SIPp {
    try SIPp(
      "lamp", target: floor.sip, user: subject, from: "127.0.0.1",
      values: ["FROM": user, "PASSWORD": "secret-\(user)", "STATE": state])
  }

  private func lamps(_ floor: Floor, _ count: Int) async throws {
    try await floor.metric("earshot_sip_lamps", is: Double(count))
  }

  @Test("I6 a supervisor's lamp of an agent: dark, talking to whom, dark; given up, nothing is left")
  func phone() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let state =
      "direction=.recipient.*&lt;state&gt;confirmed&lt;.*anna.*display=.*4930"
    let sipp = try lamp(of: "anna", for: "sue", floor, state: state)
    try await lamps(floor, 1)
    let (customer, _) = try await floor.connect(agent: anna)
    await customer.hangUp()
    try await sipp.finished()
    try await lamps(floor, 0)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("A7 an agent's desk phone shows that somebody listens, and that nobody does any more")
  func notice() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let sipp = try lamp(
      of: "monitored-anna", for: "anna", floor, state: "&lt;state&gt;confirmed&lt;.*display=.Sue.*whisper")
    try await lamps(floor, 1)
    let (customer, _) = try await floor.connect(agent: anna)
    let supervisor = try await sue.connect("*32anna", saying: .tone(Floor.Tone.supervisor))
    try await floor.live(.whisper, by: "sue")
    await supervisor.hangUp()
    try await sipp.finished()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
