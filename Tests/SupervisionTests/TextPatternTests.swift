import Supervision
import Testing

@Suite("S1 regular expressions of the routing")
struct TextPatternTests {
  @Test(
    "S1 what fits, and what it captures",
    arguments: [
      ("2000", "2000", []), ("2000", "20001", nil), ("2000", "200", nil), ("", "", []), ("", "a", nil),
      (".*", "", []), ("a+", "aaa", []), ("a+", "", nil), ("a?b", "b", []), ("a?b", "aab", nil),
      ("0(\\d+)", "0301234", ["301234"]), ("0(\\d+)", "0a", nil),
      ("\\+49(30|89)(\\d{4,})", "+49301234", ["30", "1234"]),
      ("\\+49(30|89)(\\d{4,})", "+4930123", nil), ("\\+49(30|89)(\\d{4,})", "+49401234", nil),
      ("(a|ab)(c|bcd)(d*)", "abcd", ["a", "bcd", ""]), ("(a*)(a*)", "aaa", ["aaa", ""]),
      ("(a*?)(a*)", "aaa", ["", "aaa"]), ("(?:x|y)(z)", "yz", ["z"]), ("(a)|(b)", "b", ["", "b"]),
      ("[0-9a-f]{2}", "9e", []), ("[0-9a-f]{2}", "9g", nil), ("[^0-9]+", "abc", []), ("[^0-9]+", "ab1", nil),
      ("[]a]+", "a]", []), ("[a\\-z]+", "-a", []), ("[a-]+", "a-", []), ("\\D\\W\\S", "a-b", []),
      ("a{2}", "aa", []), ("a{2}", "a", nil), ("a{2,3}", "aaa", []), ("a{2,3}", "aaaa", nil),
      ("(a{0})b", "b", [""]),
      ("^2\\.0$", "2.0", []), ("a^b", "ab", nil), ("((a)(b)?)*", "aba", ["a", "a", "b"]),
      ("(a*)*", "aaa", ["aaa"]),
      ("(?i)GOLD|vip", "Gold", []), ("(?i)[A-C]+", "abC", []), ("gold", "Gold", nil), ("ü+", "üü", []),
      ("(|a)b", "ab", ["a"]), ("sip:(\\w+)@.*", "sip:anna@x", ["anna"]),
    ] as [(String, String, [String]?)])
  func fits(pattern: String, text: String, groups: [String]?) throws {
    let found = try TextPattern(pattern).match(text)
    #expect(found.map { Array($0.dropFirst()) } == groups)
    if let found { #expect(found[0] == text) }
  }

  @Test(
    "X1 what is no expression is told with its place",
    arguments: [
      ("(", 1, "never closed"), ("a(b", 2, "never closed"), (")", 1, "closes no"), ("a)", 2, "closes no"),
      ("*", 1, "repeats nothing"), ("a|+", 3, "repeats nothing"), ("[a", 1, "never closed"),
      ("[z-a]", 3, "backwards"),
      ("a\\", 3, "escapes nothing"), ("(a)\\1", 5, "not understood"), ("\\q", 2, "not understood"),
      ("(?=a)", 3, "only ':'"), ("a{", 2, "begins no count"), ("a{3,2}", 2, "repeats 3 to 2"),
      ("a{256}", 2, "repeats"), ("a{9,}{300,}", 6, "repeats"), ("((a{200}){200}){200}", 1, "too large"),
      (String(repeating: "(", count: 60), 51, "within one another"),
    ])
  func faults(pattern: String, position: Int, what: String) throws {
    let fault = try #require(throws: TextPatternFault.self) { try TextPattern(pattern) }
    #expect(fault.position == position && fault.what.contains(what), "\(fault)")
  }

  @Test("X4 no number that anybody dials makes an expression slow, and none is too long to be refused")
  func noBlowUp() throws {
    let text = String(repeating: "a", count: TextPattern.longestText - 1) + "!"
    let began = ContinuousClock.now
    for pattern in ["(a+)+", "(a|a)*", "(a|aa)+", "(.*)*x", "(a*)*b", "([a-z]+)*\\d"] {
      #expect(try TextPattern(pattern).match(text) == nil)
    }
    #expect(began.duration(to: .now) < .seconds(5))
    #expect(try TextPattern(".*").match(text) != nil)
    #expect(try TextPattern(".*").match(text + "!!") == nil)
  }
}
