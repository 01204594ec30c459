import Supervision
import Testing

@Suite("S1 S4 routing")
struct DialPlanTests {
  private static func plan() throws -> DialPlan {
    try DialPlan(rules: [
      .init(pattern: "2000", from: ["carrier"], destination: .user(UserID("anna"))),
      .init(
        headers: ["x-line": TextPattern("(?i)gold|vip"), "diversion": TextPattern(".*@pbx\\.example.*")],
        destination: .user(UserID("sue"))),
      .init(
        expression: TextPattern("00(\\d{2})(\\d+)"), destination: .rewritten("world", number: "+$1-$2$$")),
      .init(
        pattern: "01*", expression: TextPattern("\\d{5,}"),
        destination: .nextHop("city", strip: 1, prefix: "+49")),
      .init(expression: TextPattern("agent-(\\w+)"), destination: .user(UserID("$1"))),
      .init(pattern: "0*", from: ["pbx"], destination: .rewritten("carrier", number: "$0")),
      .init(pattern: "0*", destination: .nextHop("carrier", strip: 1, prefix: "")),
    ])
  }

  @Test(
    "S1 the first rule that fits counts: number, expression, trunk and headers together",
    arguments: [
      ("2000", "carrier", [:], 0, .user(UserID("anna"))), ("2000", nil, [:], nil, nil),
      ("2001", "carrier", [:], nil, nil),
      ("9", nil, ["x-line": "Gold", "diversion": "<sip:1@pbx.example>"], 1, .user(UserID("sue"))),
      ("9", nil, ["x-line": "Gold"], nil, nil),
      ("9", nil, ["x-line": "golden", "diversion": "1@pbx.example"], nil, nil),
      ("004930", nil, [:], 2, .trunk("world", number: "+49-30$")),
      ("00123", nil, [:], 2, .trunk("world", number: "+12-3$")),
      ("0012", nil, [:], 6, .trunk("carrier", number: "012")),
      ("01234", nil, [:], 3, .trunk("city", number: "+491234")),
      ("0123", nil, [:], 6, .trunk("carrier", number: "123")),
      ("agent-ben", nil, [:], 4, .user(UserID("ben"))), ("agent-", nil, [:], nil, nil),
      ("07", "pbx", [:], 5, .trunk("carrier", number: "07")), ("", nil, [:], nil, nil),
    ] as [(String, String?, [String: String], Int?, DialPlan.Goal?)])
  func route(
    number: String, trunk: String?, headers: [String: String], rule: Int?, goal: DialPlan.Goal?
  ) throws {
    let found = try Self.plan().route(.init(number, from: trunk, headers: headers))
    #expect(found?.rule == rule)
    #expect(found?.goal == goal)
  }

  @Test("S1 the headers that rules look at are known, and what a template names")
  func names() throws {
    #expect(try Self.plan().headers == ["x-line", "diversion"])
    #expect(DialPlan.Destination.references(in: "+$1-$0$$2$x$") == [1, 0])
  }
}
