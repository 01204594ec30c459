import CallControl
import Supervision
import Testing

@Suite("I6 A2 A7 lamps and the switchboard")
struct LampBoardTests {
  private let floor = ScriptedFloor()

  private func want(_ address: String, by user: String, _ number: UInt64 = 1) {
    floor.switchboard.receive(
      .lampWanted(
        LampRequest(
          subscription: SubscriptionID(number), tenant: ScriptedFloor.tenant, user: UserID(user),
          address: address)))
  }

  /// What each lamp was told, in order.
  private func told(_ number: UInt64 = 1) -> [[LampDialog.State]?] {
    floor.commands.compactMap { command in
      switch command {
      case .showLamp(SubscriptionID(number), let lamp): .some(lamp.dialogs.map(\.state))
      case .refuseLamp(SubscriptionID(number), _): .some(nil)
      default: nil
      }
    }
  }

  /// Who looks at the floor may see a change a moment before the lamp is told of it.
  private func expectTold(_ states: [LampDialog.State]) async {
    let deadline = ContinuousClock.now + .seconds(10)
    while told().last != states, ContinuousClock.now < deadline { await Task.yield() }
    #expect(told().last == states)
  }

  @Test("I6 dark, lit while she talks, dark; every change once")
  func lit() async throws {
    want("anna", by: "sue")
    #expect(told() == [[]])
    floor.invite("anna", from: "carol")
    let call = try #require(await floor.call { $0.phase == .answered })
    want("anna", by: "tom", 2)
    want("ben", by: "tom", 3)
    #expect(told(2) == [nil] && told(3) == [[]])
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    await floor.switchboard.empty()
    await expectTold([])
    let states = told().compactMap(\.self)
    #expect(states.first == [] && states.last == [] && states.contains([.confirmed]))
    #expect(zip(states, states.dropFirst()).allSatisfy { $0 != $1 }, "\(states)")
    #expect(told(3) == [[]], "nothing of a call out of scope")
    await floor.switchboard.stop(.normal)
  }

  @Test("I6 who asks in the middle of a call sees it at once; given up, nothing more is told")
  func late() async throws {
    floor.invite("anna", from: "carol")
    let call = try #require(await floor.call { $0.phase == .answered })
    want("anna", by: "anna")
    #expect(told() == [[.confirmed]])
    // Asked again, it is told again.
    want("anna", by: "anna")
    #expect(told() == [[.confirmed], [.confirmed]])
    floor.switchboard.receive(.lampGone(SubscriptionID(1)))
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    await floor.switchboard.empty()
    #expect(told().count == 2)
    await floor.switchboard.stop(.normal)
  }

  @Test("A7 the agent's notice is lit while a supervisor is there")
  func notice() async throws {
    want("monitored-anna", by: "anna")
    floor.invite("anna", from: "carol")
    let call = try #require(await floor.call { $0.phase == .answered })
    let wish = SuperviseRequest(
      principal: floor.principal("sue"), mode: .listen, device: .sip(uri: "sip:sue@127.0.0.1"),
      origin: ActOrigin(channel: "rest", address: "127.0.0.1", client: "test"))
    _ = try await floor.desk.supervise(call.id, wish)
    await expectTold([.confirmed])
    floor.switchboard.receive(.ended(call.participants[0].leg!, .normal))
    await floor.switchboard.empty()
    await expectTold([])
    await floor.switchboard.stop(.normal)
  }

  @Test(
    "A2 nobody's lamp tells of a user who is out of scope, or of none",
    arguments: ["anna", "nobody", "monitored-ben"])
  func refused(_ address: String) async {
    want(address, by: "ben")
    let isOwn = address == "monitored-ben"
    #expect(told() == (isOwn ? [[]] : [nil]))
    await floor.switchboard.stop(.normal)
  }
}
