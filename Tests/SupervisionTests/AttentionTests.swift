import Supervision
import Testing

@Suite("Q1 what asks for a supervisor's eye")
struct AttentionTests {
  private func flags(_ driver: CallDriver) -> [CallFlag] {
    Attention.flags(of: driver.call.snapshot, policy: Policy())
  }

  @Test("Q1 M12 flags with reasons, in the order of their weight, each from its time on")
  func all() throws {
    var driver = CallDriver.answered()
    let answered = try #require(driver.call.snapshot.answered)
    #expect(
      flags(driver) == [
        CallFlag(kind: .longCall, at: answered.wall + 600_000, reason: "Longer than 600 s")
      ])
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    let held = try #require(driver.call.snapshot.heldSince)
    driver.advance(milliseconds: 500)
    driver.send(.offered(CallDriver.agentLeg, sdp: "inactive"))
    driver.ask { .hand($0, .raised("bill"), by: CallDriver.principal("anna", [])) }
    var snapshot = driver.call.snapshot
    snapshot.facts.customerTier = "standard"
    #expect(!Attention.flags(of: snapshot, policy: Policy()).contains { $0.kind == .customerTier })
    snapshot.facts.customerTier = "Gold"
    let told = Attention.flags(of: snapshot, policy: Policy())
    #expect(told.map(\.kind) == [.helpAsked, .longHold, .longCall, .customerTier])
    #expect(
      told.map(\.reason) == [
        "Anna asks for help: bill", "On hold for more than 60 s", "Longer than 600 s", "Customer tier: Gold",
      ])
    #expect(told[1].at == held.wall + 60_000, "one hold, however often it is offered")
    #expect(told[0].at == snapshot.hand?.since.wall && told[3].at == snapshot.created.wall)
  }

  @Test("Q1 S1 a parked call counts as held from the moment on when it was parked")
  func parked() throws {
    var driver = CallDriver.answered()
    driver.routeAnswer = .success(.parking(slot: "7"))
    driver.send(.referred(CallDriver.agentLeg, .number("*687")))
    let since = try #require(driver.call.snapshot.parked?.since.wall)
    #expect(
      flags(driver).first
        == CallFlag(kind: .longHold, at: since + 60_000, reason: "Parked for more than 60 s"))
  }

  @Test("Q1 a hold that is over, a customer who holds, an agent who was replaced: no long hold")
  func noHold() {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    var driver = CallDriver.answered(policy: policy)
    func isFlagged() -> Bool { flags(driver).contains { $0.kind == .longHold } }
    driver.send(.offered(CallDriver.customerLeg, sdp: "sendonly"))
    #expect(driver.call.snapshot.heldSince != nil && !isFlagged())
    driver.send(.offered(CallDriver.customerLeg, sdp: "sendrecv"))
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    #expect(isFlagged())
    driver.browse(.takeover)
    #expect(driver.call.snapshot.heldSince == nil && !isFlagged(), "his hold is void now")
  }

  @Test("Q1 no flag on a call that is over")
  func over() {
    var driver = CallDriver.answered()
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(flags(driver).isEmpty)
  }
}
