/// A regular expression over a number or a header, as an operator writes it: `\+49(30|89)\d{4,}`. It fits the whole text
/// or not at all. Its time grows with the length of the text and of the expression and not beyond, whatever anybody
/// dials; so there are no back-references and no look-around. A value: it is compiled once.
package struct TextPattern: Hashable, Sendable, CustomStringConvertible {
  /// Characters of a text that is looked at. Longer ones fit nothing.
  package static let longestText = 1024

  /// As it was written.
  package let description: String
  /// Parentheses that capture, the whole not counted.
  package let groups: Int
  private let program: [Instruction]
  private let ignoresCase: Bool

  enum Instruction: Hashable, Sendable {
    /// Takes one character of these.
    case take(CharacterRanges)
    /// Goes on at both, the first preferred.
    case split(Int, Int)
    case jump(Int)
    /// Notes the place in this slot: a group has two.
    case note(Int)
    case beginning
    case end
    case accept
  }

  package init(_ text: String) throws(TextPatternFault) {
    let parsed = try TextPatternParser.parse(text)
    description = text
    groups = parsed.groups
    program = parsed.program
    ignoresCase = parsed.ignoresCase
  }

  package static func == (a: Self, b: Self) -> Bool { a.description == b.description }
  package func hash(into hasher: inout Hasher) { hasher.combine(description) }

  /// The text itself and what its groups have captured, empty where one took no part; nil if it doesn't fit.
  package func match(_ text: String) -> [String]? {
    let scalars = Array(text.unicodeScalars.prefix(Self.longestText + 1))
    guard scalars.count <= Self.longestText else { return nil }
    var now = Threads(program.count)
    var next = Threads(program.count)
    let slots = [Int](repeating: -1, count: 2 * (groups + 1))
    add(0, slots, at: 0, of: scalars.count, to: &now)
    for (position, scalar) in scalars.enumerated() {
      guard !now.list.isEmpty else { return nil }
      let value = ignoresCase ? Self.folded(scalar.value) : scalar.value
      next.clear()
      for thread in now.list {
        if case .take(let ranges) = program[thread.place], ranges.contains(value) {
          add(thread.place + 1, thread.slots, at: position + 1, of: scalars.count, to: &next)
        }
      }
      swap(&now, &next)
    }
    // The first in the list is the one that a reader would expect: greedy where it says so.
    guard let best = now.list.first(where: { program[$0.place] == .accept }) else { return nil }
    return (0...groups).map { group in
      let (from, to) = (best.slots[2 * group], best.slots[2 * group + 1])
      if group == 0 { return text }
      guard from >= 0, to >= from else { return "" }
      return String(String.UnicodeScalarView(scalars[from..<to]))
    }
  }

  /// Capital letters of ASCII become small ones.
  static func folded(_ value: UInt32) -> UInt32 { (65...90).contains(value) ? value + 32 : value }

  /// Where the expression stands, in the order of preference, each place once.
  private struct Threads {
    var list: [(place: Int, slots: [Int])] = []
    private var isThere: [Bool]

    init(_ count: Int) { isThere = [Bool](repeating: false, count: count) }

    mutating func visit(_ place: Int) -> Bool {
      defer { isThere[place] = true }
      return !isThere[place]
    }

    mutating func clear() {
      list.removeAll(keepingCapacity: true)
      for index in isThere.indices { isThere[index] = false }
    }
  }

  /// Follows all that takes no character.
  private func add(_ place: Int, _ slots: [Int], at position: Int, of count: Int, to threads: inout Threads) {
    guard threads.visit(place) else { return }
    switch program[place] {
    case .jump(let target): add(target, slots, at: position, of: count, to: &threads)
    case .split(let first, let second):
      add(first, slots, at: position, of: count, to: &threads)
      add(second, slots, at: position, of: count, to: &threads)
    case .note(let slot):
      var slots = slots
      slots[slot] = position
      add(place + 1, slots, at: position, of: count, to: &threads)
    case .beginning: if position == 0 { add(place + 1, slots, at: position, of: count, to: &threads) }
    case .end: if position == count { add(place + 1, slots, at: position, of: count, to: &threads) }
    case .take, .accept: threads.list.append((place, slots))
    }
  }
}

extension TextPattern: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Which characters fit at a place.
struct CharacterRanges: Hashable, Sendable {
  var ranges: [ClosedRange<UInt32>]
  var isInverted = false

  func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } != isInverted }

  static let any = CharacterRanges(ranges: [], isInverted: true)

  /// `\d`, `\w`, `\s`, of ASCII; nil for other letters.
  static func named(_ letter: Unicode.Scalar) -> CharacterRanges? {
    switch letter {
    case "d": CharacterRanges(ranges: [48...57])
    case "w": CharacterRanges(ranges: [48...57, 65...90, 95...95, 97...122])
    case "s": CharacterRanges(ranges: [9...13, 32...32])
    default: nil
    }
  }
}

/// Why a text is no regular expression.
package struct TextPatternFault: Error, Hashable, Sendable {
  /// Character at which it was found, counted from 1.
  package var position: Int
  package var what: String
}
