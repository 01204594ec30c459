/// Reads a regular expression and writes the program that looks for it.
struct TextPatternParser {
  struct Result {
    var program: [TextPattern.Instruction]
    var groups: Int
    var ignoresCase: Bool
  }

  /// Instructions of a program at most: repetitions of repetitions would fill the memory.
  private static let longestProgram = 1000
  /// Repetitions that may be counted.
  private static let mostRepetitions = 255
  private static let deepestNesting = 50

  private indirect enum Node {
    case take(CharacterRanges)
    case beginning
    case end
    case group(Int?, Node)
    case sequence([Node])
    case choice([Node])
    case repeated(Node, Int, Int?, isGreedy: Bool)
  }

  private let text: [Unicode.Scalar]
  private var position = 0
  private var groups = 0
  private var depth = 0
  private var ignoresCase = false
  private var program: [TextPattern.Instruction] = []

  private init(_ text: String) { self.text = Array(text.unicodeScalars) }

  static func parse(_ text: String) throws(TextPatternFault) -> Result {
    var parser = TextPatternParser(text)
    if text.hasPrefix("(?i)") {
      parser.ignoresCase = true
      parser.position = 4
    }
    let tree = try parser.choice()
    if parser.next != nil { throw parser.fault("')' closes no parenthesis") }
    try parser.write(.note(0))
    try parser.write(tree)
    try parser.write(.note(1))
    try parser.write(.accept)
    return Result(program: parser.program, groups: parser.groups, ignoresCase: parser.ignoresCase)
  }

  // MARK: Reading

  private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private func fault(_ what: String) -> TextPatternFault {
    TextPatternFault(position: position + 1, what: what)
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func choice() throws(TextPatternFault) -> Node {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(TextPatternFault) -> Node {
    var parts: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")" { parts.append(try repeated(try atom())) }
    return .sequence(parts)
  }

  private mutating func atom() throws(TextPatternFault) -> Node {
    guard let scalar = next else { throw fault("something is missing") }
    position += 1
    switch scalar {
    case ".": return .take(.any)
    case "^": return .beginning
    case "$": return .end
    case "[": return .take(try bracket())
    case "(": return try group()
    case "\\": return .take(try escaped())
    case "*", "+", "?", "{":
      position -= 1
      throw fault("'\(scalar)' repeats nothing; write '\\\(scalar)' for the character")
    default: return .take(literal(scalar.value))
    }
  }

  private func literal(_ value: UInt32) -> CharacterRanges {
    let value = ignoresCase ? TextPattern.folded(value) : value
    return CharacterRanges(ranges: [value...value])
  }

  private mutating func group() throws(TextPatternFault) -> Node {
    let start = position - 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else {
      position = start
      throw fault("too many parentheses within one another")
    }
    var number: Int?
    if take("?") {
      guard take(":") else {
        throw fault("after '(?' only ':' is understood, and '(?i)' at the very beginning")
      }
    } else {
      groups += 1
      number = groups
    }
    let content = try choice()
    guard take(")") else {
      position = start
      throw fault("'(' is never closed")
    }
    return .group(number, content)
  }

  private mutating func escaped() throws(TextPatternFault) -> CharacterRanges {
    guard let scalar = next else { throw fault("'\\' at the end escapes nothing") }
    position += 1
    if let named = CharacterRanges.named(scalar) { return named }
    if var named = Unicode.Scalar(scalar.value | 32).flatMap(CharacterRanges.named) {
      named.isInverted = true
      return named
    }
    guard scalar.isASCII, !scalar.properties.isAlphabetic, !(48...57).contains(scalar.value) else {
      position -= 1
      throw fault(
        "'\\\(scalar)' is not understood; there are \\d, \\w, \\s, their capitals, and escaped signs")
    }
    return literal(scalar.value)
  }

  private mutating func bracket() throws(TextPatternFault) -> CharacterRanges {
    let start = position - 1
    var found = CharacterRanges(ranges: [])
    found.isInverted = take("^")
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      position += 1
      if scalar == "\\" {
        let part = try escaped()
        if part.isInverted { throw fault("\\D, \\W and \\S can't stand in brackets") }
        found.ranges += part.ranges
        continue
      }
      guard next == "-", position + 1 < text.count, text[position + 1] != "]" else {
        found.ranges += literal(scalar.value).ranges
        continue
      }
      let last = text[position + 1]
      guard last.value >= scalar.value else { throw fault("\(scalar)-\(last) runs backwards") }
      position += 2
      found.ranges.append(scalar.value...last.value)
      // Texts are compared in small letters then.
      if ignoresCase {
        for value in max(65, scalar.value)..<max(max(65, scalar.value), min(90, last.value) + 1) {
          found.ranges.append((value + 32)...(value + 32))
        }
      }
    }
    guard take("]") else {
      position = start
      throw fault("'[' is never closed")
    }
    return found
  }

  private mutating func repeated(_ node: Node) throws(TextPatternFault) -> Node {
    var node = node
    while let scalar = next {
      let bounds: (Int, Int?)
      let start = position
      switch scalar {
      case "*": bounds = (0, nil)
      case "+": bounds = (1, nil)
      case "?": bounds = (0, 1)
      case "{": bounds = try counts()
      default: return node
      }
      if scalar != "{" { position += 1 }
      if let most = bounds.1, bounds.0 > most || most > Self.mostRepetitions {
        position = start
        throw fault(
          "repeats \(bounds.0) to \(most) times; give 0 to \(Self.mostRepetitions), the smaller first")
      }
      if bounds.0 > Self.mostRepetitions {
        position = start
        throw fault("repeats more than \(Self.mostRepetitions) times")
      }
      node = .repeated(node, bounds.0, bounds.1, isGreedy: !take("?"))
    }
    return node
  }

  /// `{4}`, `{4,}` or `{4,6}`.
  private mutating func counts() throws(TextPatternFault) -> (Int, Int?) {
    let start = position
    position += 1
    let least = number()
    let isRange = take(",")
    let most = isRange ? number() : least
    guard take("}"), let least else {
      position = start
      throw fault("'{' begins no count like {4}, {4,} or {4,6}; write '\\{' for the character")
    }
    return (least, isRange ? most : least)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = next, (48...57).contains(scalar.value) {
      value = min((value ?? 0) * 10 + Int(scalar.value - 48), 1_000_000)
      position += 1
    }
    return value
  }

  // MARK: Writing

  private mutating func write(_ instruction: TextPattern.Instruction) throws(TextPatternFault) {
    guard program.count < Self.longestProgram else {
      throw TextPatternFault(position: 1, what: "it is too large; repeat less, or make two rules of it")
    }
    program.append(instruction)
  }

  private mutating func write(_ node: Node) throws(TextPatternFault) {
    switch node {
    case .take(let ranges): try write(TextPattern.Instruction.take(ranges))
    case .beginning: try write(TextPattern.Instruction.beginning)
    case .end: try write(TextPattern.Instruction.end)
    case .group(nil, let content): try write(content)
    case .group(let number?, let content):
      try write(.note(2 * number))
      try write(content)
      try write(.note(2 * number + 1))
    case .sequence(let parts): for part in parts { try write(part) }
    case .choice(let branches): try write(branches)
    case .repeated(let content, let least, let most, let isGreedy):
      for _ in 0..<least { try write(content) }
      if let most {
        for _ in least..<most { try optional(content, isGreedy, loops: false) }
      } else {
        try optional(content, isGreedy, loops: true)
      }
    }
  }

  private mutating func write(_ branches: [Node]) throws(TextPatternFault) {
    var ends: [Int] = []
    for branch in branches.dropLast() {
      let split = program.count
      try write(.jump(0))
      try write(branch)
      ends.append(program.count)
      try write(.jump(0))
      program[split] = .split(split + 1, program.count)
    }
    if let last = branches.last { try write(last) }
    for end in ends { program[end] = .jump(program.count) }
  }

  private mutating func optional(_ content: Node, _ isGreedy: Bool, loops: Bool) throws(TextPatternFault) {
    let split = program.count
    try write(.jump(0))
    try write(content)
    if loops { try write(.jump(split)) }
    program[split] = isGreedy ? .split(split + 1, program.count) : .split(program.count, split + 1)
  }
}
