import Supervision
import Testing

@testable import earshot

@Suite("What the terminal shows and takes")
struct TerminalTests {
  @Test("M7 barge and takeover must be pressed twice within three seconds")
  func keys() {
    var keys = ModeKeys()
    let start = ContinuousClock.now
    #expect(keys.press("4", at: start) == .change(.listen))
    #expect(keys.press("5", at: start) == .change(.whisper))
    #expect(keys.press("6", at: start) == .confirm(.barge))
    #expect(keys.press("6", at: start + .seconds(3)) == .change(.barge))
    #expect(keys.press("7", at: start) == .confirm(.takeover))
    #expect(keys.press("7", at: start + .milliseconds(3_001)) == .confirm(.takeover))
    #expect(keys.press("6", at: start + .milliseconds(3_002)) == .confirm(.barge))
    #expect(keys.press("7", at: start + .milliseconds(3_003)) == .confirm(.takeover))
    #expect(keys.press("x", at: start + .milliseconds(3_004)) == .nothing)
    #expect(keys.press("7", at: start + .milliseconds(3_005)) == .confirm(.takeover))
    #expect(keys.press("*", at: start) == .leave)
  }

  @Test("X1 columns are as wide as their widest cell, without trailing blanks")
  func table() {
    var table = TextTable(["A", "LONG", "LAST"])
    table.add(["wide", "x", ""])
    #expect(table.lines == ["A     LONG  LAST", "wide  x"])
  }
}
