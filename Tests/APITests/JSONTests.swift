import Foundation
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct JSONTests {
  @Test("D1 JSON is read as RFC 8259 says") func values() throws {
    let text = #" {"a":[1,-2.5e1,0.5,true,false,null,{}],"b":"\"\\\/\b\f\n\r\té€\ud83d\ude00","":[]} "#
    #expect(
      try JSONReader.read(Array(text.utf8))
        == .object([
          "a": .array([
            .number(1), .number(-25), .number(0.5), .bool(true), .bool(false), .null, .object([:]),
          ]),
          "b": .string("\"\\/\u{8}\u{c}\n\r\té€😀"), "": .array([]),
        ]))
  }

  @Test(
    "D1 what isn't JSON is refused with its place",
    arguments: [
      ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\" 1}", 5), ("01", 1), ("1.", 2), ("-", 1), ("1e", 2), ("tru", 0),
      ("\"\u{1}\"", 1), ("\"\\x\"", 2), ("\"\\ud800\"", 7), ("\"\\u12g4\"", 3), ("\"abc", 0), ("1 2", 2),
      ("{\"a\":1,\"a\":1}", 7), ("1e999", 0), ("\u{feff}1", 0), ("'a'", 0), ("[1}", 2),
    ]) func faults(_ text: String, _ offset: Int)
  {
    #expect {
      try JSONReader.read(Array(text.utf8))
    } throws: {
      ($0 as? JSONReader.Fault)?.offset == offset
    }
  }

  @Test("D1 nesting and broken UTF-8 are refused") func limits() {
    #expect(throws: JSONReader.Fault.self) {
      try JSONReader.read(Array(repeating: UInt8(ascii: "["), count: 60_000))
    }
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read([0x22, 0xC3, 0x22]) }
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read([0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test("D1 mangled JSON never does worse than throw") func mangled() {
    let seed = Array(#"{"mode":"listen","device":{"sip":"sip:\u00e9@b"},"n":[-1.5e3,null,true]}"#.utf8)
    for position in seed.indices {
      for byte: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x7D, 0x2C, 0x80, 0xFF] {
        var bytes = seed
        bytes[position] = byte
        _ = try? JSONReader.read(bytes)
        _ = try? JSONReader.read(seed[..<position])
      }
    }
  }

  @Test(
    "D1 times are RFC 3339 in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_123, "2000-02-29T00:00:00.123Z"),
      (1_777_885_687_006, "2026-05-04T09:08:07.006Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    ]) func times(_ milliseconds: Int64, _ text: String)
  {
    #expect(Timestamp.text(milliseconds) == text)
    #expect(Timestamp.milliseconds(text) == milliseconds)
  }

  @Test("D1 times with offsets and fractions are read, impossible ones are not") func timesRead() {
    #expect(Timestamp.milliseconds("2026-05-04T11:08:07+02:00") == 1_777_885_687_000)
    #expect(Timestamp.milliseconds("2026-05-04T11:08:07.1 02:00") == 1_777_885_687_100)
    #expect(Timestamp.milliseconds("2026-05-04t03:38:07.0069-05:30") == 1_777_885_687_006)
    for text in [
      "", "2026-05-04", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-05-04T24:00:00Z",
      "2026-05-04T00:00:00", "2026-05-04T00:00:00Zx",
    ] {
      #expect(Timestamp.milliseconds(text) == nil)
    }
  }

  @Test("D6 metrics are written in Prometheus' text format") func metrics() {
    let metric = Metric(
      "earshot_legs", .gauge, help: "A\\B\nC",
      samples: [
        .init(2, labels: [.init("codec", "a\"b\\c\n"), .init("x", "y")]), .init(0.25), .init(.infinity),
        .init(.nan),
      ])
    #expect(
      Metric.exposition(of: [metric]) == """
        # HELP earshot_legs A\\\\B\\nC
        # TYPE earshot_legs gauge
        earshot_legs{codec="a\\"b\\\\c\\n",x="y"} 2
        earshot_legs 0.25
        earshot_legs +Inf
        earshot_legs NaN

        """)
  }
}
