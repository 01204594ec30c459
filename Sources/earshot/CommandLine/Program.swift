import API
import Configuration

/// The command line as a whole: finds the command, and tells in one place what went wrong.
enum Program {
  static let version = "0.1.0"

  /// In the order of the help.
  static var commands: [any Command.Type] {
    [
      ServeCommand.self, DemoCommand.self, CallsCommand.self, SuperviseCommand.self, AuditListCommand.self,
      AuditVerifyCommand.self, ConfigCheckCommand.self, BenchCommand.self,
    ]
  }

  static func run(_ words: [String], console: Console) async -> ExitCode {
    do {
      return try await dispatch(words, console: console)
    } catch let error as UsageError {
      console.complain("earshot: \(error.what) \(error.remedy)")
      return .usage
    } catch let error as InvalidConfiguration {
      console.complain(error.description)
      return .configuration
    } catch let error as APIClientError {
      console.complain("earshot: \(error)")
      return error.exitCode
    } catch {
      console.complain("earshot: \(error)")
      return .failed
    }
  }

  private static func dispatch(_ words: [String], console: Console) async throws -> ExitCode {
    guard let first = words.first else {
      console.complain(overview)
      return .usage
    }
    if ["--help", "-h"].contains(first) || words == ["help"] {
      console.print(overview)
      return .ok
    }
    if first == "--version" {
      console.print("earshot \(version)")
      return .ok
    }
    // `earshot help calls` is `earshot calls --help`.
    let words = first == "help" ? Array(words.dropFirst()) + ["--help"] : words
    guard let command = commands.first(where: { words.starts(with: $0.syntax.nameWords) }) else {
      throw unknown(words)
    }
    let arguments = try Arguments(
      Array(words.dropFirst(command.syntax.nameWords.count)), syntax: command.syntax)
    if arguments.asksForHelp {
      console.print(command.syntax.help)
      return .ok
    }
    return try await command.init(arguments).run(console)
  }

  private static func unknown(_ words: [String]) -> UsageError {
    let names = commands.map { $0.syntax.name }
    // The first word of commands of two.
    let family = names.filter { $0.hasPrefix(words[0] + " ") }
    guard family.isEmpty else {
      return UsageError(
        "'\(words[0])' is not whole.", remedy: "Give one of: \(family.joined(separator: ", ")).")
    }
    return UsageError(unknown: "command", words[0], among: names + ["help"], command: "earshot")
  }

  static var overview: String {
    let commands = CommandSyntax.table(commands.map { ($0.syntax.name, $0.syntax.summary) })
    let codes = CommandSyntax.table(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) })
    return """
      Earshot: supervision of live calls. Listen, whisper to the agent, barge in, take over.

      Usage: earshot COMMAND [OPTIONS]

      Commands:
      \(commands.joined(separator: "\n"))

      Options:
        --help     Show this text; with a command, what that command understands.
        --version  Show the version.

      Exit codes:
      \(codes.joined(separator: "\n"))
      """
  }
}

extension CommandSyntax {
  var nameWords: [String] { name.split(separator: " ").map(String.init) }
}

extension APIClientError {
  fileprivate var exitCode: ExitCode {
    switch self {
    case .unreachable: .unavailable
    case .problem: .refused
    case .unexpected: .failed
    }
  }
}
