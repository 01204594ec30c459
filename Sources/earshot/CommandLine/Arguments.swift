/// What was given on the command line, checked against the syntax of the command.
struct Arguments {
  /// In the order of `CommandSyntax.operands`.
  private(set) var operands: [String] = []
  private(set) var asksForHelp = false
  private var values: [String: String] = [:]
  private let command: String

  init(_ words: [String], syntax: CommandSyntax) throws(UsageError) {
    command = "earshot \(syntax.name)"
    var rest = words[...]
    var optionsHaveEnded = false
    while let word = rest.popFirst() {
      if word == "--", !optionsHaveEnded {
        optionsHaveEnded = true
      } else if word == "-h", !optionsHaveEnded {
        asksForHelp = true
      } else if word.hasPrefix("-"), word != "-", !optionsHaveEnded {
        try take(option: word, from: &rest, syntax: syntax)
      } else {
        operands.append(word)
      }
    }
    if asksForHelp { return }
    if operands.count < syntax.operands.count {
      throw UsageError("\(syntax.operands[operands.count]) is missing.", remedy: "See: \(command) --help")
    }
    if operands.count > syntax.operands.count {
      throw UsageError(
        "'\(operands[syntax.operands.count])' is one word too many.", remedy: "See: \(command) --help")
    }
  }

  private mutating func take(
    option word: String, from rest: inout ArraySlice<String>, syntax: CommandSyntax
  ) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let option = syntax.allOptions.first(where: { "--\($0.name)" == parts[0] }) else {
      throw UsageError(
        unknown: "option", parts[0], among: syntax.allOptions.map { "--\($0.name)" }, command: command)
    }
    if option == .help { asksForHelp = true }
    if values[option.name] != nil {
      throw UsageError("--\(option.name) is given twice.", remedy: "Give it once.")
    }
    if let placeholder = option.value {
      guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
        throw UsageError("--\(option.name) needs a value.", remedy: "Give --\(option.name) \(placeholder)")
      }
      values[option.name] = value
    } else if parts.count == 2 {
      throw UsageError("--\(option.name) takes no value.", remedy: "Give --\(option.name) alone.")
    } else {
      values[option.name] = ""
    }
  }

  func has(_ option: Option) -> Bool { values[option.name] != nil }

  func value(_ option: Option) -> String? { values[option.name] }

  func required(_ option: Option) throws(UsageError) -> String {
    guard let value = value(option) else {
      throw UsageError(
        "--\(option.name) is missing.",
        remedy: "Give --\(option.name) \(option.value ?? ""); see: \(command) --help")
    }
    return value
  }

  func integer(_ option: Option, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "--\(option.name) can't be '\(text)'.",
        remedy: "Give a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: Option, _: Choice.Type
  ) throws(UsageError) -> Choice? {
    guard let text = value(option) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw UsageError(
        unknown: option.name, text, among: Choice.allCases.map(\.rawValue), command: command)
    }
    return choice
  }
}
