import Foundation
import Supervision
import TestKit
import Testing

@testable import Configuration

@Suite("Configuration")
struct ConfigurationTests {
  static let examplePath = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "config/earshot.example.json5").path

  @Test("X1 the example holds the code's defaults")
  func exampleHoldsDefaults() throws {
    let example = try Configuration.parse(String(contentsOfFile: Self.examplePath, encoding: .utf8))
    let least = try Configuration.parse("{ signalling: { advertisedAddress: '127.0.0.1' } }")
    #expect(example.signalling == least.signalling)
    #expect(example.media == least.media)
    #expect(example.api == least.api)
    #expect(example.storage == least.storage)
    #expect(example.headers == least.headers)
    #expect(example.log == least.log)
    #expect(example.tenants == least.tenants)
    #expect(example.tenants[0].policy == Policy())
  }

  @Test("X1 every key that is read stands in the example")
  func exampleIsComplete() throws {
    let text = try String(contentsOfFile: Self.examplePath, encoding: .utf8)
    let report = FaultReport()
    let context = ReadingContext(environment: [:], checksFiles: false, fileMode: nil)
    _ = try Configuration.read(text, file: "example", report: report, context: context)
    let written = Self.paths(in: try JSON5Reader.read(text), "")
    #expect(report.known.subtracting(written).sorted() == [])
    #expect(report.known.contains("users[].grants[].scope.queues"))
  }

  @Test(
    "S1 X1 a trunk with several next hops, credentials and a registration; routes by expression and header")
  func trunk() throws {
    let configuration = try Configuration.parse(
      """
      { signalling: { advertisedAddress: "192.0.2.1" },
        trunks: [{
          name: "carrier", addresses: ["10.0.0.0/8"], nextHops: ["a.example:5060", "[2001:db8::1]:5062;transport=tcp"],
          username: "earshot", password: { env: "CARRIER" }, register: true, registerFor: 600 }],
        routing: [
          { regex: "00(\\\\d+)", headers: { "X-Line": "gold" }, to: { trunk: "carrier", number: "+$1" } },
          { regex: "agent-(.+)", to: { user: "$1" } }] }
      """, environment: ["CARRIER": "secret"])
    let trunk = try #require(configuration.trunks.first)
    #expect(trunk.nextHops.map(\.description) == ["a.example:5060", "[2001:db8::1]:5062;transport=tcp"])
    #expect(trunk.credentials == .init(username: "earshot", password: "secret"))
    #expect(trunk.registration == 600 && trunk.check == 30)
    let plan = DialPlan(rules: configuration.routing.map(\.rule))
    #expect(plan.headers == ["x-line"])
    #expect(plan.route(.init("0049", headers: ["x-line": "gold"]))?.goal == .trunk("carrier", number: "+49"))
    #expect(plan.route(.init("agent-ben"))?.goal == .user(UserID("ben")))
    #expect(plan.route(.init("0049")) == nil)
  }

  @Test("X1 what is left out of users, trunks and routes has its default")
  func defaults() throws {
    let configuration = try Configuration.parse(
      """
      { signalling: { listen: "192.0.2.1:5070" },
        users: [{ name: "anna" }],
        trunks: [{ name: "pbx", addresses: ["10.0.0.0/8"], nextHop: "[2001:db8::1]:5060" }],
        routing: [{ pattern: "7*", to: { trunk: "pbx" } }] }
      """)
    #expect(configuration.signalling.advertisedAddress == "192.0.2.1")
    #expect(configuration.media.advertisedAddress == "192.0.2.1")
    let anna = try #require(configuration.users.first)
    #expect(anna == UserConfiguration(name: UserID("anna"), displayName: "anna", tenant: TenantID("main")))
    #expect(anna.role == .agent)
    let pbx = try #require(configuration.trunks.first)
    #expect(pbx.nextHops == [NextHopConfiguration(SocketAddress(host: "2001:db8::1", port: 5060))])
    #expect(pbx.check == 0 && pbx.credentials == nil && pbx.registration == nil)
    #expect(!pbx.trusted && pbx.learn == .signalled && pbx.customerSide)
    #expect(
      configuration.routing.map(\.rule) == [
        DialPlan.Rule(pattern: "7*", destination: .nextHop("pbx", strip: 0, prefix: ""))
      ])
  }

  @Test("A3 a grant's start and end are read as moments, whatever their offset")
  func grantTimes() throws {
    let configuration = try Configuration.parse(
      """
      { signalling: { advertisedAddress: "192.0.2.1" }, users: [{ name: "sue", role: "supervisor", grants: [
        { permissions: ["listen"], scope: { teams: ["north"] },
          from: "2026-01-01T00:00:00Z", until: "2026-01-01T12:00:00+02:00" }] }] }
      """)
    let grant = try #require(configuration.users.first?.grants.first)
    #expect(grant.permissions == [.listen])
    #expect(grant.scope == Scope(teams: ["north"]))
    let newYear: Int64 = 1_767_225_600_000
    let tenHours: Int64 = 10 * 3_600_000
    #expect(grant.from == newYear)
    #expect(grant.until == newYear + tenHours)
  }

  @Test("X1 secrets come from the environment and from files of mode 600")
  func secrets() throws {
    let folder = TemporaryFolder()
    let file = try folder.write("secret", "  from-a-file\n", mode: 0o600)
    let text = """
      { signalling: { advertisedAddress: "192.0.2.1" }, storage: { folder: "\(folder.path)" }, users: [
        { name: "a", password: { env: "A_PASSWORD" } }, { name: "b", password: { file: "\(file)" } } ] }
      """
    let path = try folder.write("earshot.json5", text, mode: 0o644)
    let configuration = try Configuration.load(file: path, environment: ["A_PASSWORD": "from-outside"])
    #expect(configuration.users.map(\.password) == ["from-outside", "from-a-file"])

    chmod(file, 0o640)
    let error = #expect(throws: InvalidConfiguration.self) {
      try Configuration.load(file: path, environment: ["A_PASSWORD": "x"])
    }
    #expect(error?.faults.map(\.path) == ["users[1].password"])
    #expect(error?.faults.first?.remedy == "chmod 600 \(file)")
  }

  @Test("X1 TURN and STUN servers of browsers, with an account, with a secret, and without either")
  func iceServers() throws {
    let text = """
      { signalling: { advertisedAddress: "192.0.2.1" }, media: { iceServers: [
        { urls: ["stun:stun.example.com"] },
        { urls: ["turn:[2001:db8::1]:3478?transport=udp", "turns:turn.example.com:5349", "stun:192.0.2.9:3478"],
          username: "floor", credential: { env: "TURN_PASSWORD" } },
        { urls: ["turn:turn.example.com:3478?transport=tcp"], secret: { env: "TURN_SECRET" } },
        { urls: ["turn:192.0.2.9"], secret: null, username: "floor", credential: "plain" } ] } }
      """
    let configuration = try Configuration.parse(
      text, environment: ["TURN_PASSWORD": "from-outside", "TURN_SECRET": "shared"])
    #expect(
      configuration.media.iceServers == [
        .init(urls: ["stun:stun.example.com"], access: .open),
        .init(
          urls: [
            "turn:[2001:db8::1]:3478?transport=udp", "turns:turn.example.com:5349", "stun:192.0.2.9:3478",
          ],
          access: .account(username: "floor", credential: "from-outside")),
        .init(urls: ["turn:turn.example.com:3478?transport=tcp"], access: .secret("shared")),
        .init(urls: ["turn:192.0.2.9"], access: .account(username: "floor", credential: "plain")),
      ])
  }

  @Test("X1 a TURN server's secret may lie in a file of its own, not in one for everybody")
  func iceSecret() throws {
    let folder = TemporaryFolder()
    let secret = try folder.write("turn", "shared\n", mode: 0o600)
    func load(_ access: String) throws -> Configuration {
      let text = """
        { signalling: { advertisedAddress: "192.0.2.1" }, storage: { folder: "\(folder.path)" },
          media: { iceServers: [{ urls: ["turn:192.0.2.9"], \(access) }] } }
        """
      return try Configuration.load(file: folder.write("earshot.json5", text, mode: 0o644))
    }
    #expect(try load("secret: { file: '\(secret)' }").media.iceServers.map(\.access) == [.secret("shared")])
    for access in ["secret: 'shared'", "username: 'floor', credential: 'plain'"] {
      let error = #expect(throws: InvalidConfiguration.self) { try load(access) }
      #expect(error?.faults.first?.what.contains("everybody") == true)
    }
  }

  @Test("X1 a secret in a file that everybody may read is a fault")
  func openFile() throws {
    let folder = TemporaryFolder()
    let text = """
      { signalling: { advertisedAddress: "192.0.2.1" }, storage: { folder: "\(folder.path)" },
        users: [{ name: "a", password: "plain" }] }
      """
    let path = try folder.write("earshot.json5", text, mode: 0o644)
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.load(file: path) }
    #expect(error?.faults.map(\.path) == ["users[0].password"])
    chmod(path, 0o640)
    #expect(try Configuration.load(file: path).users.first?.password == "plain")
  }

  @Test("X1 a missing file, or open database folder is told with the remedy")
  func missingFiles() throws {
    let folder = TemporaryFolder()
    let missing = "\(folder.path)/none"
    let text = """
      { signalling: { advertisedAddress: "192.0.2.1" }, storage: { folder: "\(missing)" } }
      """
    let path = try folder.write("earshot.json5", text, mode: 0o600)
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.load(file: path) }
    #expect(error?.faults.map(\.path) == ["storage.folder"])
    #expect(error?.faults.last?.remedy == "mkdir -p -m 700 \(missing)")

    chmod(folder.path, 0o755)
    let open = try folder.write("open.json5", text.replacing(missing, with: folder.path), mode: 0o600)
    let shared = #expect(throws: InvalidConfiguration.self) { try Configuration.load(file: open) }
    #expect(shared?.faults.last?.remedy == "chmod 700 \(folder.path)")

    let absent = #expect(throws: InvalidConfiguration.self) { try Configuration.load(file: missing) }
    #expect(absent?.faults.first?.what == "the file can't be read.")
  }

  /// All keys that are written, list indexes left out.
  private static func paths(in value: JSON5Value, _ path: String) -> Set<String> {
    switch value.kind {
    case .object(let members):
      members.reduce(into: []) { found, member in
        let key = path.isEmpty ? member.key : "\(path).\(member.key)"
        found.formUnion(paths(in: member.value, key).union([key]))
      }
    case .array(let elements):
      elements.reduce(into: []) { $0.formUnion(paths(in: $1, "\(path)[]")) }
    default: []
    }
  }
}

extension TemporaryFolder {
  /// - Returns: the path of the file.
  fileprivate func write(_ name: String, _ text: String, mode: mode_t) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    chmod(file, mode)
    return file
  }
}
