/// A value of a JSON5 text together with the place where it stands, so that a fault found later can name it.
///
/// Foundation reads JSON5 too, but tells neither where a text is broken nor that a key stands twice (the first
/// one wins without a word): both are faults that an operator has to be shown.
package struct JSON5Value: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case null
    case bool(Bool)
    /// Whole numbers are exact up to 2^53.
    case number(Double)
    case string(String)
    case array([JSON5Value])
    /// In the order of the text, without doubles.
    case object([Member])
  }

  package struct Member: Hashable, Sendable {
    package var key: String
    package var position: TextPosition
    package var value: JSON5Value
  }

  package var kind: Kind
  package var position: TextPosition

  /// What it is, in words for a message.
  package var description: String {
    switch kind {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "the number \(Int64(exactly: value).map(String.init) ?? String(value))"
    case .string(let text): "\"\(text)\""
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A place in a text, both counted from 1; columns in characters.
package struct TextPosition: Hashable, Sendable, Codable, CustomStringConvertible {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package var description: String { "\(line):\(column)" }
}

/// The text is no JSON5.
package struct JSON5SyntaxError: Error, Hashable, Sendable {
  package var position: TextPosition
  /// What was found and what was expected instead.
  package var what: String
}
