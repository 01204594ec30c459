/// What somebody typed, without the blanks around it and of a length that can be kept and shown.
struct WrittenText: Hashable, Sendable {
  let value: String

  /// - Parameter length: characters allowed.
  init?(_ text: String, _ length: ClosedRange<Int>) {
    let start = text.drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else {
      guard length.contains(0) else { return nil }
      value = ""
      return
    }
    value = String(start[...end])
    // A character may carry any number of combining marks, so its bytes are bounded too.
    guard length.contains(value.count), value.utf8.count <= length.upperBound * 4 else { return nil }
  }
}
