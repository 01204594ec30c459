import Audio
import Foundation
import Phones
import Supervision
import TestKit
import Testing

@Suite("M8 S4 the walk-through of the README", .serialized, .timeLimit(.minutes(2)))
struct WalkThroughScenario {
  private typealias Tone = Floor.Tone

  /// In which tenths of a second a tone was heard.
  private func tenths(_ samples: [Int16], with tone: Double) -> [Int] {
    stride(from: 0, to: samples.count - 800, by: 800).filter { start in
      Ear(Array(samples[start..<start + 800])).level(tone) > -40
    }.map { $0 / 800 }
  }

  @Test(
    "M1 M2 M3 M4 the README's walk-through: a call between two, a third listens, whispers, barges, takes over"
  )
  func walkThrough() async throws {
    let dave = "{name: 'dave', displayName: 'Dave', role: 'agent', password: 'pw'}"
    let floor = try await Floor(.init(users: dave))
    let tom = try await floor.phone("tom")
    let agent = try Softphone("dave", password: "pw", server: floor.sip, tone: Tone.agent)
    let customer = try Softphone("carol", password: "secret-carol", server: floor.sip, tone: Tone.customer)
    let supervisor = try Softphone("sue", password: "secret-sue", server: floor.sip, tone: Tone.supervisor)
    try await floor.metric("earshot_sip_registrations", is: 4)

    try customer.dial("dave")
    _ = try await floor.call { $0.phase == "ringing" }
    try agent.accept()
    _ = try await floor.call { $0.phase == "answered" }
    // A listener of our own measures the call, and by his ear the time.
    let listener = try await tom.connect("*31dave")
    #expect(
      await floor.ear(listener, milliseconds: 1_000).tones(of: Array(Tone.all)) == [
        Tone.customer, Tone.agent,
      ])

    try supervisor.dial("*31dave")
    try await floor.live(.listen, by: "sue")
    _ = await floor.ear(listener, milliseconds: 1_000)
    try supervisor.type("5")
    try await floor.live(.whisper, by: "sue")
    #expect(
      await floor.ear(listener, milliseconds: 1_500).lacks(tone: Tone.supervisor),
      "a whisper is for the agent")
    try supervisor.type("66")
    try await floor.live(.barge, by: "sue")
    #expect(await floor.ear(listener, milliseconds: 1_500).tones(of: [Tone.supervisor]) == [Tone.supervisor])
    try supervisor.type("77")
    try await floor.live(.takeover, by: "sue")
    #expect(await floor.ear(listener, milliseconds: 1_500).lacks(tone: Tone.agent), "the agent is released")

    let heardBySupervisor = try await supervisor.quit()
    let heardByCustomer = try await customer.quit()
    let heardByAgent = try await agent.quit()
    let whispered = try #require(tenths(heardByAgent, with: Tone.supervisor).first)
    let barged = try #require(tenths(heardByCustomer, with: Tone.supervisor).first)
    #expect(barged - whispered >= 10, "the customer heard her \(barged - whispered) tenths after the agent")
    #expect(tenths(heardByAgent, with: Tone.customer).count > 30)
    let lastOfAgent = try #require(tenths(heardByCustomer, with: Tone.agent).last)
    let lastOfSupervisor = try #require(tenths(heardByCustomer, with: Tone.supervisor).last)
    #expect(lastOfSupervisor - lastOfAgent >= 10, "in the end the customer hears the supervisor alone")
    #expect(tenths(heardBySupervisor, with: Tone.agent).count >= 30)
    #expect(tenths(heardBySupervisor, with: Tone.customer).count >= 45)

    _ = try await floor.entry { $0.action == "closed" && $0.supervisor == "sue" }
    let story = try await floor.client().audit(["supervisor": "sue"]).entries.reversed().map(\.action)
    #expect(
      story == ["opened", "mode-changed", "mode-changed", "mode-changed", "agent-released", "closed"])
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
