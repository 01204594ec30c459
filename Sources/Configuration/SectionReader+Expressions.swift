import Supervision

/// Regular expressions of the routing, compiled as they are read.
extension SectionReader {
  func expression(_ key: String) -> TextPattern? { text(key).flatMap { compiled($0, key) } }

  /// `headers: { "X-Line": "gold|platinum" }`, by lower-case name.
  func headerPatterns() -> [String: TextPattern] {
    guard has("headers") else { return [:] }
    let section = section("headers")
    var found: [String: TextPattern] = [:]
    for name in section.keys {
      guard let text = section.text(name), let pattern = section.compiled(text, name) else { continue }
      if !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) || name.isEmpty {
        section.fault(name, "is no name of a header.", remedy: "Give one like X-Line or Diversion.")
      }
      if found.updateValue(pattern, forKey: name.lowercased()) != nil {
        section.fault(name, "stands twice.", remedy: "Put both into one expression: a|b.")
      }
    }
    section.finish()
    return found
  }

  private func compiled(_ text: String, _ key: String) -> TextPattern? {
    do {
      return try TextPattern(text)
    } catch {
      fault(
        key, "'\(text)' is no regular expression: at character \(error.position), \(error.what).",
        remedy: "Mend it there. In quotes a backslash is written twice: \"\\\\d+\".")
      return nil
    }
  }

  func refuseMissingGroups(
    _ key: String, _ template: String, _ expression: TextPattern?, hasExpression: Bool
  ) {
    guard let highest = DialPlan.Destination.references(in: template).max() else { return }
    guard hasExpression else {
      return fault(
        key, "'\(template)' names $\(highest), but this rule has no regex.",
        remedy: "Add a regex, or write $$ for a dollar.")
    }
    if let expression, highest > expression.groups {
      fault(
        key, "'\(template)' names $\(highest), but the regex has \(expression.groups) groups.",
        remedy: "Put parentheses around what is to be taken over.")
    }
  }
}
