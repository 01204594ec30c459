import API

/// `earshot audit list`: who did what.
struct AuditListCommand: Command {
  private static let call = Option("call", value: "CALL", "Only this call.")
  private static let supervisor = Option("supervisor", value: "USER", "Only acts of this supervisor.")
  private static let agent = Option("agent", value: "USER", "Only acts that concern this agent.")
  private static let from = Option("from", value: "TIME", "From this time on: 2026-01-31T08:00:00Z.")
  private static let until = Option("until", value: "TIME", "Before this time.")
  private static let before = Option(
    "before", value: "NUMBER", "Only entries with a lower number (to page back).")
  private static let limit = Option(
    "limit", value: "NUMBER", "At most so many, the newest. Default 50, at most 1000.")
  private static let filters = [call, supervisor, agent, from, until, before]

  static let syntax = CommandSyntax(
    name: "audit list",
    summary: "Tell what supervisors did, and tried to do.",
    options: filters + [limit, .json] + ServerAccess.options,
    notes: [
      """
      Oldest first, so that it reads as a story. Needs the permission review-audit. With --json a line per entry,
      as in Docs/API.md.
      """
    ],
    examples: [
      ("earshot audit list --limit 20", "The last twenty acts"),
      ("earshot audit list --supervisor sue --from 2026-01-31T00:00:00Z", "What Sue did since then"),
      ("earshot audit list --json | jq 'select(.action == \"refused\")'", "Refused attempts"),
    ])

  private let client: APIClient
  private let query: [String: String]
  private let json: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    client = try ServerAccess(arguments).client
    var query = ["limit": String(try arguments.integer(Self.limit, in: 1...1000) ?? 50)]
    for filter in Self.filters { query[filter.name] = arguments.value(filter) }
    self.query = query
    json = arguments.has(.json)
  }

  func run(_ console: Console) async throws -> ExitCode {
    let list = try await client.audit(query)
    let entries = list.entries.reversed()
    if json {
      for entry in entries { console.print(try JSONText.of(entry)) }
      return .ok
    }
    for line in AuditStory.lines(Array(entries)) { console.print(line) }
    if let before = list.before { console.complain("Older ones: --before \(before)") }
    return .ok
  }
}
