import Configuration
import Foundation
import Supervision

/// `earshot config check`: reads a configuration as `serve` would, and starts nothing.
struct ConfigCheckCommand: Command {
  private static let number = Option(
    "number", value: "NUMBER", "Tell too which rule of the routing this number would take.")
  private static let trunk = Option("from", value: "TRUNK", "Asked for by this trunk; else by a phone.")
  private static let header = Option("header", value: "LINE", "Asked for with this header: 'X-Line: gold'.")
  private static let tenant = Option(
    "tenant", value: "TENANT", "Whose routing, where there is more than one.")

  static let syntax = CommandSyntax(
    name: "config check",
    summary: "Check a configuration file and tell all that is wrong with it.",
    operands: ["FILE"],
    options: [number, trunk, header, tenant, .json],
    notes: [
      """
      Looks at the secrets, files and folders that the configuration names too. Exit code 0: `serve` would take
      it; 78: it would not.
      """
    ],
    examples: [
      ("earshot config check earshot.json5", "Each fault with its line, its key and what to do"),
      (
        "earshot config check earshot.json5 --number 004930123 --from pbx",
        "Which rule a call of the trunk 'pbx' to this number takes"
      ),
      ("earshot config check earshot.json5 --json | jq '.faults[].path'", "The same for a program"),
    ])

  private let file: String
  private let json: Bool
  private let request: DialPlan.Request?
  private let tenant: String?

  init(_ arguments: Arguments) throws(UsageError) {
    file = arguments.operands[0]
    json = arguments.has(.json)
    tenant = arguments.value(Self.tenant)
    let headers = try arguments.value(Self.header).map(Self.header) ?? [:]
    request = arguments.value(Self.number).map {
      DialPlan.Request($0, from: arguments.value(Self.trunk), headers: headers)
    }
    if request == nil, [Self.trunk, Self.header, Self.tenant].contains(where: arguments.has) {
      throw UsageError("--number is missing.", remedy: "Give the number whose way is asked for.")
    }
  }

  private static func header(_ line: String) throws(UsageError) -> [String: String] {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
      throw UsageError("'\(line)' is no header.", remedy: "Give one like --header 'X-Line: gold'")
    }
    let value = line[line.index(after: colon)...].drop { $0 == " " }
    return [line[..<colon].lowercased(): String(value)]
  }

  private func trial(_ configuration: Configuration) throws(UsageError) -> RouteTrial? {
    guard let request else { return nil }
    let names = configuration.tenants.map(\.name)
    if let trunk = request.trunk {
      guard let known = configuration.trunks.first(where: { $0.name == trunk }) else {
        throw UsageError(
          "there is no trunk '\(trunk)'.",
          remedy: "Give one of: \(configuration.trunks.map(\.name).joined(separator: ", ")).")
      }
      return RouteTrial(configuration, request, tenant: known.tenant)
    }
    let chosen = tenant.map { TenantID($0) } ?? (names.count == 1 ? names[0] : nil)
    guard let chosen, names.contains(chosen) else {
      throw UsageError(
        tenant.map { "there is no tenant '\($0)'." } ?? "there are several tenants.",
        remedy: "Give --tenant with one of: \(names.map(\.value).joined(separator: ", ")).")
    }
    return RouteTrial(configuration, request, tenant: chosen)
  }

  func run(_ console: Console) async throws -> ExitCode {
    do {
      let configuration = try Configuration.load(file: file)
      let trial = try trial(configuration)
      let verdict = Verdict(file: file, faults: [], route: trial)
      console.print(
        json ? try JSONText.of(verdict) : summary(of: configuration) + (trial.map { "\n\($0.text)" } ?? ""))
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
    var route: RouteTrial?
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
