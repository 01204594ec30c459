/// Reads a JSON5 text (https://spec.json5.org): JSON with comments, trailing commas, unquoted keys, single quotes,
/// hexadecimal and signed numbers. `Infinity` and `NaN` are left out: no key has a use for them.
package struct JSON5Reader {
  private let characters: [Character]
  /// Index of the first character of each line.
  private let lineStarts: [Int]
  private var index = 0
  private var depth = 0

  /// Deeper than any configuration; keeps a hostile text from exhausting the stack.
  private static let deepest = 32

  private init(_ text: String) {
    let characters = Array(text)
    self.characters = characters
    lineStarts = [0] + characters.indices.filter { characters[$0].isNewline }.map { $0 + 1 }
  }

  package static func read(_ text: String) throws(JSON5SyntaxError) -> JSON5Value {
    var reader = JSON5Reader(text)
    try reader.skipSpace()
    let value = try reader.value()
    try reader.skipSpace()
    guard reader.index == reader.characters.count else {
      throw reader.unexpected("nothing more: there is one value in a file")
    }
    return value
  }

  // MARK: values

  private mutating func value() throws(JSON5SyntaxError) -> JSON5Value {
    let start = position
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else {
      throw JSON5SyntaxError(position: start, what: "nested deeper than \(Self.deepest) levels")
    }
    let kind: JSON5Value.Kind
    switch peek {
    case "{": kind = .object(try members())
    case "[": kind = .array(try elements())
    case "\"", "'": kind = .string(try string())
    case let c? where c.isNumberStart: kind = .number(try number())
    case let c? where c.isIdentifierStart: kind = try word()
    default: throw unexpected("a value")
    }
    return JSON5Value(kind: kind, position: start)
  }

  private mutating func members() throws(JSON5SyntaxError) -> [JSON5Value.Member] {
    var members: [JSON5Value.Member] = []
    var seen: Set<String> = []
    index += 1
    try skipSpace()
    while peek != "}" {
      let start = position
      let key = try key()
      guard seen.insert(key).inserted else {
        throw JSON5SyntaxError(position: start, what: "the key '\(key)' stands twice in one object")
      }
      try skipSpace()
      guard peek == ":" else { throw unexpected("':' after the key '\(key)'") }
      index += 1
      try skipSpace()
      members.append(.init(key: key, position: start, value: try value()))
      try separator(before: "}")
    }
    index += 1
    return members
  }

  private mutating func elements() throws(JSON5SyntaxError) -> [JSON5Value] {
    var elements: [JSON5Value] = []
    index += 1
    try skipSpace()
    while peek != "]" {
      elements.append(try value())
      try separator(before: "]")
    }
    index += 1
    return elements
  }

  /// A comma, or the end of the list or object without one.
  private mutating func separator(before end: Character) throws(JSON5SyntaxError) {
    try skipSpace()
    if peek == "," {
      index += 1
      try skipSpace()
    } else if peek != end {
      throw unexpected("',' or '\(end)'")
    }
  }

  private mutating func key() throws(JSON5SyntaxError) -> String {
    if peek == "\"" || peek == "'" { return try string() }
    guard let first = peek, first.isIdentifierStart else { throw unexpected("a key") }
    return identifier()
  }

  private mutating func word() throws(JSON5SyntaxError) -> JSON5Value.Kind {
    let start = position
    let word = identifier()
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default:
      throw JSON5SyntaxError(
        position: start, what: "found '\(word)' where a value is expected; text needs quotes")
    }
  }

  private mutating func identifier() -> String {
    let start = index
    while let c = peek, c.isIdentifierStart || c.isNumber { index += 1 }
    return String(characters[start..<index])
  }

  private mutating func number() throws(JSON5SyntaxError) -> Double {
    let start = position
    let from = index
    while let c = peek, c.isLetter || c.isNumber || "+-.".contains(c) { index += 1 }
    let text = String(characters[from..<index])
    var digits = Substring(text)
    let negative = digits.hasPrefix("-")
    if negative || digits.hasPrefix("+") { digits.removeFirst() }
    let magnitude: Double?
    if digits.lowercased().hasPrefix("0x") {
      magnitude = UInt64(digits.dropFirst(2), radix: 16).map { Double($0) }
    } else {
      let isPlain =
        digits.first != "-" && digits.first != "+" && digits.allSatisfy("0123456789.eE+-".contains)
      magnitude = isPlain ? Double(digits.padded) : nil
    }
    guard let magnitude, magnitude.isFinite else {
      throw JSON5SyntaxError(position: start, what: "'\(text)' is no number")
    }
    return negative ? -magnitude : magnitude
  }

  private mutating func string() throws(JSON5SyntaxError) -> String {
    let start = position
    let quote = characters[index]
    var text = ""
    index += 1
    while let c = peek, c != quote {
      if c == "\\" {
        text += try escape()
      } else if c.isNewline {
        throw JSON5SyntaxError(position: start, what: "this text has no closing \(quote) on its line")
      } else {
        text.append(c)
        index += 1
      }
    }
    guard peek == quote else {
      throw JSON5SyntaxError(position: start, what: "this text has no closing \(quote)")
    }
    index += 1
    return text
  }

  private mutating func escape() throws(JSON5SyntaxError) -> String {
    index += 1
    guard let c = peek else { throw unexpected("the rest of the text") }
    index += 1
    switch c {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "v": return "\u{b}"
    case "0": return "\0"
    case "x": return String(try scalar(digits: 2))
    case "u": return String(try scalar(digits: 4))
    case let c where c.isNewline: return ""
    default: return String(c)
    }
  }

  private mutating func scalar(digits count: Int) throws(JSON5SyntaxError) -> Unicode.Scalar {
    let digits = String(characters[index..<min(index + count, characters.count)])
    guard digits.count == count, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
    else { throw unexpected("\(count) hexadecimal digits of a character (write others as they are)") }
    index += count
    return scalar
  }

  // MARK: the text

  private var peek: Character? { index < characters.count ? characters[index] : nil }

  private var position: TextPosition {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= index { low = middle } else { high = middle }
    }
    return TextPosition(line: low + 1, column: index - lineStarts[low] + 1)
  }

  private func unexpected(_ expected: String) -> JSON5SyntaxError {
    let found = peek.map { "'\($0)'" } ?? "the end of the file"
    return JSON5SyntaxError(position: position, what: "found \(found) where \(expected) is expected")
  }

  private mutating func skipSpace() throws(JSON5SyntaxError) {
    while let c = peek {
      if c.isWhitespace || c == "\u{FEFF}" {
        index += 1
      } else if c == "/", characters.indices.contains(index + 1) {
        switch characters[index + 1] {
        case "/": while let c = peek, !c.isNewline { index += 1 }
        case "*": try skipBlockComment()
        default: return
        }
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(JSON5SyntaxError) {
    let start = position
    index += 2
    while index + 1 < characters.count {
      if characters[index] == "*", characters[index + 1] == "/" {
        index += 2
        return
      }
      index += 1
    }
    throw JSON5SyntaxError(position: start, what: "this comment has no closing */")
  }
}

extension Character {
  fileprivate var isIdentifierStart: Bool { isLetter || self == "_" || self == "$" }
  fileprivate var isNumberStart: Bool { ("0"..."9").contains(self) || "+-.".contains(self) }
}

extension Substring {
  /// `.5` and `5.` are numbers of JSON5, but not of Swift.
  fileprivate var padded: String {
    let whole = hasPrefix(".") ? "0" + self : String(self)
    return whole.hasSuffix(".") ? whole + "0" : whole
  }
}
