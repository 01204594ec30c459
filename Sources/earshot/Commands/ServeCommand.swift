import Configuration

/// `earshot serve`: the server itself.
struct ServeCommand: Command {
  private static let config = Option(
    "config", value: "FILE", isRequired: true, "The configuration, for example earshot.json5.")

  private static let drain = Option(
    "drain", value: "SECONDS",
    "After SIGTERM, let calls end by themselves for that long; 0 (the default) ends them.")

  static let syntax = CommandSyntax(
    name: "serve",
    summary: "Run the server.",
    options: [config, drain],
    notes: [
      """
      Runs in the foreground and logs to standard error. SIGTERM, Ctrl-C or the end of its terminal (unless started by
      nohup) stops it cleanly: calls are ended with a Reason and the audit is closed; a second one stops it at once.
      """
    ],
    examples: [
      ("earshot serve --config earshot.json5", "Run with a configuration (see config/earshot.example.json5)")
    ])

  private let file: String
  private let drainTime: Int

  init(_ arguments: Arguments) throws(UsageError) {
    file = try arguments.required(Self.config)
    drainTime = try arguments.integer(Self.drain, in: 0...86_400) ?? 0
  }

  func run(_ console: Console) async throws -> ExitCode {
    let configuration = try Configuration.load(file: file)
    return try await Serve.run(configuration: configuration, drain: drainTime, console: console)
  }
}
