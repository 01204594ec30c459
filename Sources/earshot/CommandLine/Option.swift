/// Something that a command may be told by `--name` or `--name VALUE`.
struct Option: Hashable, Sendable {
  /// Without hyphens.
  let name: String
  /// What stands for the value in the help; nil for a switch that takes none.
  let value: String?
  let help: String
  /// Stands in the usage line; asked for by `Arguments.required`.
  let isRequired: Bool

  init(_ name: String, value: String? = nil, isRequired: Bool = false, _ help: String) {
    self.name = name
    self.value = value
    self.isRequired = isRequired
    self.help = help
  }

  static let help = Option("help", "Show this text.")
  static let json = Option("json", "Print JSON for programs.")
}
