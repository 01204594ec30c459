import Configuration
import Foundation

/// `earshot config check`: reads a configuration as `serve` would, and starts nothing.
struct ConfigCheckCommand: Command {
  static let syntax = CommandSyntax(
    name: "config check",
    summary: "Check a configuration file and tell all that is wrong with it.",
    operands: ["FILE"],
    options: [.json],
    notes: [
      """
      Looks at the secrets, files and folders that the configuration names too. Exit code 0: `serve` would take
      it; 78: it would not.
      """
    ],
    examples: [
      ("earshot config check earshot.json5", "Each fault with its line, its key and what to do"),
      ("earshot config check earshot.json5 --json | jq '.faults[].path'", "The same for a program"),
    ])

  private let file: String
  private let json: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    file = arguments.operands[0]
    json = arguments.has(.json)
  }

  func run(_ console: Console) async throws -> ExitCode {
    do {
      let configuration = try Configuration.load(file: file)
      console.print(json ? try JSONText.of(Verdict(file: file, faults: [])) : summary(of: configuration))
      return .ok
    } catch let error as InvalidConfiguration {
      if json {
        console.print(try JSONText.of(Verdict(file: file, faults: error.faults)))
      } else {
        let count = error.faults.count == 1 ? "1 fault" : "\(error.faults.count) faults"
        console.complain("\(error)\n\(file): \(count)")
      }
      return .configuration
    }
  }

  private struct Verdict: Encodable {
    var file: String
    var faults: [ConfigurationFault]
  }

  private func summary(of configuration: Configuration) -> String {
    """
    \(file) is good: \
    \(configuration.tenants.count) tenants, \(configuration.users.count) users, \
    \(configuration.trunks.count) trunks, \(configuration.routing.count) routes; \
    SIP at \(configuration.signalling.listen), API at \(configuration.api.listen)
    """
  }
}
