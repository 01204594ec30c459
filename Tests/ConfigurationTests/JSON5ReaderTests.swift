import Configuration
import Testing

@Suite("JSON5")
struct JSON5ReaderTests {
  @Test("X1 what JSON5 allows beyond JSON is read")
  func dialect() throws {
    let value = try JSON5Reader.read(
      #"""
      // a comment
      { plain: 1, /* another */ 'single': "x\ty", "double quoted": 'it\'s \
      long', $dollar_1: .5, hex: 0xFF, signed: -12, plus: +3e2, whole: 5.,
        list: [1, 'two', [], {}, true, false, null,], uni: "\u00e9\x41", }
      """#)
    let members = try #require(value.members)
    #expect(
      members.map(\.key) == [
        "plain", "single", "double quoted", "$dollar_1", "hex", "signed", "plus", "whole", "list", "uni",
      ])
    #expect(
      members.map(\.value.kind.text) == [
        "1.0", "x\ty", "it's long", "0.5", "255.0", "-12.0", "300.0", "5.0",
        "[1.0, two, [], {}, true, false, null]", "éA",
      ])
  }

  @Test("X1 a broken text is reported with its line, column and what was expected")
  func faults() {
    let cases: [(String, Int, Int, String)] = [
      ("", 1, 1, "end of the file where a value"),
      ("{a: 1\n b: 2}", 2, 2, "found 'b' where ',' or '}'"),
      ("{a: 1,\n\n  a: 2}", 3, 3, "'a' stands twice"),
      ("{a: }", 1, 5, "found '}' where a value"),
      ("{a 1}", 1, 4, "':' after the key 'a'"),
      ("{a: yes}", 1, 5, "'yes'"),
      ("{a: 1x}", 1, 5, "'1x' is no number"),
      ("{a: --1}", 1, 5, "'--1' is no number"),
      ("{a: 1e999}", 1, 5, "'1e999' is no number"),
      ("{a: Infinity}", 1, 5, "'Infinity'"),
      ("{a: \"x\n\"}", 1, 5, "no closing \" on its line"),
      ("{a: 'x", 1, 5, "no closing '"),
      ("{a: '\\u12'}", 1, 8, "4 hexadecimal digits"),
      ("/* x", 1, 1, "no closing */"),
      ("{} {}", 1, 4, "nothing more"),
      ("{a: [1, 2", 1, 10, "',' or ']'"),
      (String(repeating: "[", count: 100), 1, 33, "nested deeper"),
    ]
    for (text, line, column, what) in cases {
      let error = #expect(throws: JSON5SyntaxError.self, "\(text)") { try JSON5Reader.read(text) }
      #expect(error?.position == TextPosition(line: line, column: column), "\(text)")
      #expect(error?.what.contains(what) == true, "\(text): \(error?.what ?? "")")
    }
  }

  @Test("X4 every beginning of a valid text is refused, never a crash")
  func truncated() throws {
    let text = #"{ a: [1, -2.5e1, 0x1F, 'q\n'], /* c */ "b": { c: null } } // end"#
    let end = try #require(text.lastIndex(of: "}"))
    for index in text[..<end].indices {
      let beginning = String(text[..<index])
      #expect(throws: JSON5SyntaxError.self, "\(beginning)") { try JSON5Reader.read(beginning) }
    }
    _ = try JSON5Reader.read(text)
  }
}

extension JSON5Value {
  fileprivate var members: [Member]? {
    guard case .object(let members) = kind else { return nil }
    return members
  }
}

extension JSON5Value.Kind {
  /// The value without its places.
  fileprivate var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array(let elements): "[" + elements.map(\.kind.text).joined(separator: ", ") + "]"
    case .object(let members): "{" + members.map { "\($0.key): \($0.value.kind.text)" }.joined() + "}"
    }
  }
}
