/// What a command understands, and the texts that explain it.
struct CommandSyntax: Sendable {
  /// One word or two: `calls`, `audit list`.
  let name: String
  /// One line for the list of commands.
  let summary: String
  /// Names of what must be given without a `--`, in order: `CALL`.
  var operands: [String] = []
  var options: [Option] = []
  /// Paragraphs below the options.
  var notes: [String] = []
  /// Lines to copy, each with what it does.
  var examples: [(line: String, does: String)] = []

  var allOptions: [Option] { options + [.help] }

  var help: String {
    var lines = ["\(summary)", "", "Usage: \(usage)"]
    lines += ["", "Options:"] + Self.table(allOptions.map { ($0.synopsis, $0.help) })
    for note in notes { lines += ["", note] }
    if !examples.isEmpty {
      lines += ["", "Examples:"]
      for example in examples { lines += ["  # \(example.does)", "  \(example.line)"] }
    }
    return lines.joined(separator: "\n")
  }

  private var usage: String {
    let required = options.filter(\.isRequired).map(\.synopsis)
    let others = options.count > required.count ? ["[OPTIONS]"] : []
    return (["earshot", name] + operands + required + others).joined(separator: " ")
  }

  /// Two columns, the second aligned.
  static func table(_ rows: [(String, String)]) -> [String] {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { left, right in
      let gap = String(repeating: " ", count: width - left.count)
      let indent = "\n" + String(repeating: " ", count: width + 2)
      return "  \(left)\(gap)\(right.split(separator: "\n").joined(separator: indent))"
    }
  }
}

extension Option {
  fileprivate var synopsis: String { value.map { "--\(name) \($0)" } ?? "--\(name)" }
}
