import Supervision
import Testing

@testable import CallControl

@Suite("Whose legs are in which call") struct LegTableTests {
  private let anna = Endpoint.user(TenantID("acme"), UserID("anna"))
  private let carrier = Endpoint.trunk(TenantID("acme"), "carrier")

  @Test("S2 a person's calls are found for each other, and forgotten with the call")
  func companions() {
    var table = LegTable()
    #expect(table.companion(of: [anna, nil]) == nil)
    table.assign(LegID(1), to: CallID("a"), of: carrier)
    table.assign(LegID(2), to: CallID("a"), of: anna)
    #expect(table.companion(of: [carrier, anna]) == CallID("a"))
    // Handed over: his leg is in the other call now.
    table.assign(LegID(2), to: CallID("b"))
    #expect(table.companion(of: [anna]) == CallID("b") && table[LegID(2)] == CallID("b"))
    table.forget(CallID("a"))
    #expect(table[LegID(1)] == nil && table.companion(of: [anna]) == CallID("b"))
    table.forget(CallID("b"))
    #expect(table.companion(of: [anna]) == nil && table.count == 0)
  }

  @Test("X5 calls of a trunk, or of a machine that has many, are not kept together")
  func spread() {
    var table = LegTable()
    for number in UInt64(1)...50 {
      table.assign(LegID(2 * number), to: CallID("\(number)"), of: carrier)
      table.assign(LegID(2 * number + 1), to: CallID("\(number)"), of: anna)
    }
    #expect(table.companion(of: [carrier, anna]) == nil)
  }
}
