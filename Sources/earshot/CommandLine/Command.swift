/// One thing that `earshot` does.
protocol Command {
  static var syntax: CommandSyntax { get }
  /// Checks what was given, so that nothing has begun when the command line is wrong.
  init(_ arguments: Arguments) throws(UsageError)
  func run(_ console: Console) async throws -> ExitCode
}
