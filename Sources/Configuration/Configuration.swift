import Foundation
import Supervision

/// All that an operator decides: one JSON5 file, read strictly. Every key with its default and meaning stands in
/// `config/earshot.example.json5`.
package struct Configuration: Hashable, Sendable {
  package var signalling = SignallingConfiguration()
  package var media = MediaConfiguration()
  package var overload = OverloadConfiguration()
  package var api = APIConfiguration()
  package var storage = StorageConfiguration()
  package var headers = HeaderMap()
  package var log = LogConfiguration()
  /// At least one.
  package var tenants = [TenantConfiguration(name: TenantID("main"))]
  package var users: [UserConfiguration] = []
  package var trunks: [TrunkConfiguration] = []
  package var routing: [RoutingConfiguration] = []

  package init() {}
}

extension Configuration {
  /// Reads and checks a file, the folders and secrets that it names included. Reports all faults at once.
  package static func load(
    file: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(InvalidConfiguration) -> Configuration {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      let fault = ConfigurationFault(
        "", what: "the file can't be read.",
        remedy: "Check the path and its permissions, or begin with a copy of config/earshot.example.json5.")
      throw InvalidConfiguration(file: file, faults: [fault])
    }
    let context = ReadingContext(environment: environment, checksFiles: true, fileMode: FileMode.of(file))
    return try read(text, file: file, report: FaultReport(), context: context)
  }

  /// Reads a text without looking at any file. `file` is the name that faults are reported under.
  package static func parse(
    _ text: String, file: String = "earshot.json5", environment: [String: String] = [:]
  ) throws(InvalidConfiguration) -> Configuration {
    let context = ReadingContext(environment: environment, checksFiles: false, fileMode: nil)
    return try read(text, file: file, report: FaultReport(), context: context)
  }

  static func read(
    _ text: String, file: String, report: FaultReport, context: ReadingContext
  ) throws(InvalidConfiguration) -> Configuration {
    let tree: JSON5Value
    do {
      tree = try JSON5Reader.read(text)
    } catch {
      let fault = ConfigurationFault(
        "", at: error.position, what: "this is no JSON5: \(error.what).",
        remedy: "Mend the text at this place.")
      throw InvalidConfiguration(file: file, faults: [fault])
    }
    let configuration = Configuration(SectionReader(tree, path: "", report: report), context: context)
    let faults = report.inOrder
    guard faults.isEmpty else { throw InvalidConfiguration(file: file, faults: faults) }
    return configuration
  }

  private init(_ root: SectionReader, context: ReadingContext) {
    let signallingReader = root.section("signalling")
    signalling = SignallingConfiguration(signallingReader, context: context)
    media = MediaConfiguration(root.section("media"), signalling: signalling, context: context)
    overload = OverloadConfiguration(root.section("overload"))
    let apiReader = root.section("api")
    api = APIConfiguration(apiReader, context: context)
    Self.refuseSamePort(apiReader, api, signalling)
    if let tls = signalling.tls {
      Self.refuseSamePort(signallingReader.section("tls"), tls: tls, signalling, api)
    }
    storage = StorageConfiguration(root.section("storage"), context: context)
    headers = HeaderMap(root.section("headers"))
    log = LogConfiguration(root.section("log"))

    let tenantReaders = root.sections("tenants")
    if !tenantReaders.isEmpty { tenants = tenantReaders.map { TenantConfiguration($0, media: media) } }
    let names = TenantNames(names: tenants.map(\.name))
    let userReaders = root.sections("users")
    users = userReaders.map { UserConfiguration($0, tenants: names, context: context) }
    let trunkReaders = root.sections("trunks")
    trunks = trunkReaders.map { TrunkConfiguration($0, tenants: names, context: context) }
    let routeReaders = root.sections("routing")
    let rules = routeReaders.map {
      RoutingConfiguration($0, tenants: names, users: users, trunks: trunks)
    }
    routing = rules.compactMap { $0 }
    root.finish()

    Self.refuseDoubles("name", tenantReaders, tenants.map(\.name.value))
    Self.refuseDoubles("name", userReaders, users.map(\.name.value))
    Self.refuseDoubles("token", userReaders, users.map(\.token))
    Self.refuseDoubles("name", trunkReaders, trunks.map(\.name))
    Self.refuseDoubles(
      "pattern", routeReaders, rules.map { $0.map { "\($0.tenant) \($0.rule.condition)" } })
    Self.refuseOverlaps(trunkReaders, trunks)
    Self.refuseSilentTransports(trunkReaders, trunks, signalling)
  }
}
