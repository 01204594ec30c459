/// RFC 8259, strictly, and with the offset of what is wrong. A key that comes twice is refused: readers differ in
/// which of the two they believe.
package struct JSONReader {
  package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes from the beginning.
    package var offset: Int
    package var what: String
    package var description: String { "\(what) at byte \(offset)" }
  }

  /// Deeper nesting is refused, so that a request can't exhaust the stack.
  private static let maximumDepth = 32

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  package static func read(_ bytes: some Sequence<UInt8>) throws(Fault) -> JSONValue {
    var reader = JSONReader(Array(bytes))
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == reader.bytes.count else {
      throw reader.fault("something after the end of the value")
    }
    return value
  }

  private mutating func value(depth: Int) throws(Fault) -> JSONValue {
    guard depth < Self.maximumDepth else { throw fault("more than \(Self.maximumDepth) levels") }
    skipSpace()
    guard let first = peek else { throw fault("the text ends where a value should be") }
    switch first {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw fault("no value begins like this")
    }
  }

  private mutating func object(depth: Int) throws(Fault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    position += 1
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw fault("a key in quotes is missing") }
      let key = try string()
      guard members[key] == nil else { throw Fault(offset: start, what: "the key '\(key)' comes twice") }
      skipSpace()
      guard take(":") else { throw fault("':' is missing after '\(key)'") }
      members[key] = try value(depth: depth + 1)
      skipSpace()
    } while take(",")
    guard take("}") else { throw fault("',' or '}' is missing") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Fault) -> JSONValue {
    var elements: [JSONValue] = []
    position += 1
    skipSpace()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw fault("',' or ']' is missing") }
    return .array(elements)
  }

  private mutating func string() throws(Fault) -> String {
    let start = position
    var text: [UInt8] = []
    position += 1
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fault("a control character stands unescaped in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: try escape())
      } else {
        text.append(byte)
      }
    }
    guard take("\"") else { throw Fault(offset: start, what: "the string has no end") }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw Fault(offset: start, what: "the string isn't UTF-8")
    }
    return string
  }

  private mutating func escape() throws(Fault) -> [UInt8] {
    guard let byte = peek else { throw fault("the text ends within an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try unit()]
      if (0xD800..<0xDC00).contains(units[0]) {
        guard take("\\"), take("u") else { throw fault("the second half of a surrogate pair is missing") }
        units.append(try unit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw fault("an escaped surrogate stands alone")
      }
      return Array(text.utf8)
    default:
      position -= 1
      throw fault("no escape is written like this")
    }
  }

  private mutating func unit() throws(Fault) -> UInt16 {
    let end = position + 4
    guard end <= bytes.count, bytes[position..<end].allSatisfy(Self.isHexadecimal),
      let unit = UInt16(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits are missing") }
    position = end
    return unit
  }

  private mutating func number() throws(Fault) -> JSONValue {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)), number.isFinite
    else {
      throw Fault(offset: start, what: "the number is out of range")
    }
    return .number(number)
  }

  private mutating func digits() throws(Fault) {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw fault("a digit is missing") }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw fault("no value begins like this") }
    position += word.utf8.count
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  private func fault(_ what: String) -> Fault { Fault(offset: position, what: what) }
}
