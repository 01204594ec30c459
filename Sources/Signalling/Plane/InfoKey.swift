/// A key that a phone sends by INFO: the two customary ways, neither of which is a standard.
enum InfoKey: Hashable {
  case key(Character)
  /// It should be a key, and isn't.
  case unreadable
  /// Something else.
  case other

  static let types = ["application/dtmf-relay", "application/dtmf"]

  init(contentType: String, body: String) {
    let type = contentType.prefix { $0 != ";" }.lowercased()
    let text: String
    switch type {
    case Self.types[0]:
      // Lines `Signal=5` and `Duration=160`.
      let line = body.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("signal") }
      text = line.map { String($0.drop { $0 != "=" }.dropFirst()) } ?? ""
    case Self.types[1]: text = body
    default:
      self = .other
      return
    }
    self = Self.key(text.filter { !$0.isWhitespace }.uppercased()).map(InfoKey.key) ?? .unreadable
  }

  /// The key itself, or its number as an event of RFC 4733.
  private static func key(_ text: String) -> Character? {
    let keys = Array("0123456789*#ABCD")
    if text.count == 1 { return text.first.flatMap { keys.contains($0) ? $0 : nil } }
    return Int(text).flatMap { (10..<keys.count).contains($0) ? keys[$0] : nil }
  }
}
