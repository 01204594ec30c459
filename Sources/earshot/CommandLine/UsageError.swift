import Configuration

/// The command line is wrong: what, and what to do.
struct UsageError: Error, Hashable {
  var what: String
  var remedy: String

  init(_ what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }

  /// A name that isn't known, with the one that was probably meant.
  init(unknown kind: String, _ name: String, among names: [String], command: String) {
    what = "There is no \(kind) '\(name)'."
    remedy =
      NearestName.suggestion(for: name, among: names).map { "Did you mean '\($0)'?" }
      ?? "See: \(command) --help"
  }
}
