/// Reads one object of the configuration strictly: what is asked for is known, the rest is a fault. Goes on after
/// a fault with the default, so that all faults are found in one reading.
final class SectionReader {
  let path: String
  let position: TextPosition?
  private let members: [JSON5Value.Member]
  private let report: FaultReport
  /// Keys that were asked for: the ones that exist.
  private var known: [String] = []

  init(path: String, position: TextPosition?, members: [JSON5Value.Member], report: FaultReport) {
    self.path = path
    self.position = position
    self.members = members
    self.report = report
  }

  /// `value` where an object is expected.
  convenience init(_ value: JSON5Value, path: String, report: FaultReport) {
    var members: [JSON5Value.Member] = []
    if case .object(let found) = value.kind {
      members = found
    } else {
      report.add(
        ConfigurationFault(
          path, at: value.position, what: "is \(value.description).", remedy: "Give an object: { … }."))
    }
    self.init(path: path, position: value.position, members: members, report: report)
  }

  /// To be called when everything was asked for: keys left over are faults.
  func finish() {
    for member in members where !known.contains(member.key) {
      let suggestion = NearestName.suggestion(for: member.key, among: known)
      let remedy =
        suggestion.map { "Did you mean '\($0)'?" } ?? "Known keys: \(known.sorted().joined(separator: ", "))."
      report.add(
        ConfigurationFault(
          path(of: member.key), at: member.position, what: "there is no such key.", remedy: remedy))
    }
  }

  func fault(_ key: String, _ what: String, remedy: String) {
    let position = members.first { $0.key == key }?.position ?? position
    report.add(ConfigurationFault(path(of: key), at: position, what: what, remedy: remedy))
  }

  /// In the order in which they stand there, each once.
  var keys: [String] { members.map(\.key) }

  func has(_ key: String) -> Bool { members.contains { $0.key == key } }

  // MARK: single values

  func text(_ key: String) -> String? {
    take(key, "text in quotes") { kind in
      guard case .string(let text) = kind else { return nil }
      return text
    }
  }

  func text(_ key: String, default value: String) -> String { text(key) ?? value }

  /// A name that must be there. Empty text after a fault.
  func requiredText(_ key: String, _ meaning: String) -> String {
    let wasThere = has(key)
    let value = text(key)
    if !wasThere { fault(key, "is missing.", remedy: "Give \(meaning).") }
    if value == "" { fault(key, "is empty.", remedy: "Give \(meaning).") }
    return value ?? ""
  }

  func bool(_ key: String, default value: Bool) -> Bool {
    take(key, "true or false") { kind in
      guard case .bool(let value) = kind else { return nil }
      return value
    } ?? value
  }

  func integer(_ key: String, in range: ClosedRange<Int>, unit: String = "", default value: Int) -> Int {
    let number = take(key, "a whole number") { kind -> Int? in
      guard case .number(let number) = kind else { return nil }
      return Int(exactly: number)
    }
    guard let number else { return value }
    guard range.contains(number) else {
      fault(
        key, "\(number) is out of range.",
        remedy: "Give \(range.lowerBound) to \(range.upperBound)\(unit.isEmpty ? "" : " " + unit).")
      return value
    }
    return number
  }

  func number(_ key: String, in range: ClosedRange<Double>, unit: String, default value: Double) -> Double {
    let number = take(key, "a number") { kind -> Double? in
      guard case .number(let number) = kind else { return nil }
      return number
    }
    guard let number else { return value }
    guard range.contains(number) else {
      fault(
        key, "\(number) is out of range.",
        remedy: "Give \(range.lowerBound) to \(range.upperBound) \(unit).")
      return value
    }
    return number
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, default value: Choice) -> Choice
  {
    choice(key, among: Array(Choice.allCases), default: value)
  }

  func choice<Choice: RawRepresentable<String>>(
    _ key: String, among choices: [Choice], default value: Choice
  ) -> Choice {
    text(key).flatMap { chosen($0, among: choices, key) } ?? value
  }

  // MARK: lists and sections

  func texts(_ key: String) -> [String] {
    elements(key).enumerated().compactMap { index, element in
      guard case .string(let text) = element.kind else {
        report.add(
          ConfigurationFault(
            "\(path(of: key))[\(index)]", at: element.position,
            what: "is \(element.description).", remedy: "Give text in quotes."))
        return nil
      }
      return text
    }
  }

  /// Missing, or without an element: not the same as having only faulty ones.
  func isEmptyList(_ key: String) -> Bool {
    let value = value(key)
    return value == nil || value?.kind == .null || value?.kind == .array([])
  }

  func choices<Choice: RawRepresentable<String> & CaseIterable & Hashable>(_ key: String) -> Set<Choice> {
    Set(texts(key).compactMap { chosen($0, among: Array(Choice.allCases), key) })
  }

  /// An object; an empty one where the key is missing, so that its defaults hold.
  func section(_ key: String) -> SectionReader {
    let value = value(key)
    let path = path(of: key)
    guard let value, !value.isNull else {
      return SectionReader(path: path, position: position, members: [], report: report)
    }
    return SectionReader(value, path: path, report: report)
  }

  func sections(_ key: String) -> [SectionReader] {
    elements(key).enumerated().map {
      SectionReader($0.element, path: "\(path(of: key))[\($0.offset)]", report: report)
    }
  }

  /// The value as it stands, for keys that take several types.
  func value(_ key: String) -> JSON5Value? {
    known.append(key)
    report.known.insert(path(of: key).withoutIndexes)
    return members.first { $0.key == key }?.value
  }

  // MARK: -

  private func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func take<Value>(
    _ key: String, _ expected: String, _ read: (JSON5Value.Kind) -> Value?
  ) -> Value? {
    guard let value = value(key), !value.isNull else { return nil }
    guard let read = read(value.kind) else {
      fault(key, "is \(value.description).", remedy: "Give \(expected).")
      return nil
    }
    return read
  }

  private func elements(_ key: String) -> [JSON5Value] {
    take(key, "a list: [ … ]") { kind in
      guard case .array(let elements) = kind else { return nil }
      return elements
    } ?? []
  }

  private func chosen<Choice: RawRepresentable<String>>(
    _ text: String, among choices: [Choice], _ key: String
  ) -> Choice? {
    if let choice = choices.first(where: { $0.rawValue == text }) { return choice }
    let names = choices.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    fault(key, "'\(text)' is not known here.", remedy: "Give one of \(names).")
    return nil
  }
}

extension JSON5Value {
  fileprivate var isNull: Bool { kind == .null }
}

extension String {
  /// `users[3].name` → `users[].name`.
  fileprivate var withoutIndexes: String { replacing(/\[\d+\]/, with: "[]") }
}
