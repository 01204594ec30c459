import API
import Foundation
import Phones
import Supervision

/// A real Earshot with a small centre around it: customers behind a trunk, agents and supervisors with registered
/// phones, each in a tone of his own. Everything on loopback, on ports that the system chose.
package final class Floor: Sendable {
  /// The tones by which speakers are known at each ear, Hz.
  package enum Tone {
    package static let customer = 440.0
    package static let agent = 1000.0
    package static let supervisor = 1700.0
    package static let second = 2300.0
    package static let all: Set<Double> = [customer, agent, supervisor, second]
  }

  package let folder: URL
  package let server: EarshotProcess
  /// `host:port`.
  package let sip: String
  package let api: URL
  /// Agents' and supervisors' phones.
  package let phones: PhoneBank
  /// Customers, behind the trunk `carrier`.
  package let trunk: PhoneBank
  private let keepsFolder: Bool

  /// What a test may set of the configuration; JSON5 members.
  package struct Settings: Sendable {
    package var policy = ""
    package var users = ""
    package var storage = ""
    package var media = ""
    package var api = ""
    package var trunkPort: UInt16 = 0
    /// Earshot's SIP port; 0 for any that is free.
    package var sipPort: UInt16 = 0
    /// Further members of `signalling`, further elements of `trunks` and `routing`.
    package var signalling = ""
    package var trunks = ""
    package var routing = ""
    /// Further sections of the file.
    package var sections = ""

    /// - Parameter storage: the gate's deadline by itself is no matter of most tests, a busy machine is.
    package init(
      policy: String = "", users: String = "", storage: String = "audit: {gateDeadline: 20}",
      media: String = "",
      api: String = ""
    ) {
      self.media = media
      self.api = api
      self.policy = policy
      self.users = users
      self.storage = storage
    }
  }

  /// Opens the phones' ports, writes a configuration and starts the server.
  /// - Parameters:
  ///   - folder: of an earlier floor, to go on with what it left.
  ///   - address: of the server and of its users' phones.
  package init(
    _ settings: Settings = Settings(), folder: URL? = nil, environment: [String: String] = [:],
    log: String? = nil, address: String = "127.0.0.1"
  ) async throws {
    keepsFolder = folder != nil
    self.folder = folder ?? TemporaryFolder.root.appending(path: "earshot-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    chmod(self.folder.path, 0o700)
    phones = PhoneBank(address: address)
    trunk = PhoneBank(address: "127.0.0.2", userAgent: "carrier")
    try await phones.open()
    try await trunk.open()
    let file = self.folder.appendingPathComponent("earshot.json5")
    let text = Self.configuration(
      settings, folder: self.folder.path, trunkPort: await trunk.port, address: address)
    try text.write(to: file, atomically: true, encoding: .utf8)
    chmod(file.path, 0o600)
    server = try EarshotProcess(["serve", "--config", file.path], environment: environment, log: log)
    let ready = try await server.line("ready ").split(separator: " ")
    sip = String(ready[0].dropFirst("sip=".count))
    api = URL(string: String(ready[1].dropFirst("api=".count)))!
  }

  /// A test that failed has left its floor: its phones must not tick on beside the next test.
  deinit {
    Task { [phones, trunk] in
      await phones.stop()
      await trunk.stop()
    }
    if !keepsFolder { try? FileManager.default.removeItem(at: folder) }
  }

  /// The configuration file of this floor.
  package var configuration: String { folder.appendingPathComponent("earshot.json5").path }

  package static func token(of user: String) -> String { "token-of-\(user)-0123456789" }

  package func client(_ user: String = "sue") -> APIClient {
    APIClient(server: api, token: Self.token(of: user))
  }

  // MARK: Phones

  /// A registered phone.
  package func phone(_ user: String) async throws -> Phone {
    let phone = await phones.phone(PhoneAccount(user: user, password: "secret-\(user)"), server: sip)
    try await phone.register()
    return phone
  }

  /// A customer behind the trunk.
  package func customer(_ number: String = "+49301234") async -> Phone {
    await trunk.phone(PhoneAccount(user: number), server: sip)
  }

  /// A customer's call to an agent, answered, each speaking his tone.
  package func connect(
    agent: Phone, customer: Phone? = nil, headers: [String] = [], settings: PhoneCallSettings = .init()
  ) async throws -> (customer: PhoneCall, agent: PhoneCall) {
    await agent.setAnswering(.automatic, saying: .tone(Tone.agent), settings: settings)
    let caller: Phone = if let customer { customer } else { await self.customer() }
    let out = try await caller.connect(
      agent.account.user, headers: headers, saying: .tone(Tone.customer), settings: settings)
    guard let into = await agent.nextCall() else { throw FloorError.noCall("the agent's phone has not rung") }
    await into.wait(for: .answered)
    return (out, into)
  }

  /// What an ear hears for a while, once what was on its way has arrived: the sound of before a change that lay in
  /// a queue of a busy machine, 200 ms of it at most, is passed over.
  package func ear(_ call: PhoneCall, milliseconds: Int = 400) async -> Ear {
    let onItsWay = 200
    let heard = await call.hear(milliseconds: onItsWay + milliseconds)
    return Ear(Array(heard.dropFirst(onItsWay * 8)))
  }

  /// Waits until a call in the supervisor's scope fits.
  /// - Throws: `FloorError.noCall` after 30 s, with what was seen last.
  package func call(
    seenBy user: String = "sue", where fits: @escaping @Sendable (CallDocument) -> Bool
  ) async throws -> CallDocument {
    let watching = Task { [client = client(user)] () async throws -> (CallDocument?, [CallDocument]) in
      var last: [CallDocument] = []
      for try await event in client.events() {
        let news = (event.calls ?? []) + (event.changed ?? [])
        if let found = news.first(where: fits) { return (found, []) }
        if !news.isEmpty { last = news }
      }
      return (nil, last)
    }
    let deadline = DispatchWorkItem { watching.cancel() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 30, execute: deadline)
    defer { deadline.cancel() }
    let (found, last) = try await watching.value
    guard let found else {
      throw FloorError.noCall("\(last.map { ($0.phase, $0.sessions, $0.participants) })")
    }
    return found
  }

  /// Waits until the audit has an entry that fits.
  package func entry(where fits: (AuditDocument) -> Bool) async throws -> AuditDocument {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      if let found = try await client().audit().entries.first(where: fits) { return found }
    }
    throw FloorError.noEntry
  }

  package enum FloorError: Error {
    case noEntry
    case noCall(String)
    case leak(String)
  }

  // MARK: Afterwards

  /// A figure of `/metrics`.
  package func metric(_ name: String) async throws -> Double {
    let text = try await client().metrics()
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? .nan
  }

  /// Nothing of any call may be left: no call, session, leg, socket or timer. Waits for the last event, not for a time.
  package func expectNothingLeft() async throws {
    let names = [
      "earshot_calls", "earshot_supervisions", "earshot_sip_legs", "earshot_media_legs",
      "earshot_media_sockets", "earshot_media_timers",
    ]
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      var left: [String] = []
      for name in names where try await metric(name) != 0 { left.append("\(name) \(try await metric(name))") }
      if left.isEmpty { return }
      guard ContinuousClock.now < deadline else { throw FloorError.leak(left.joined(separator: ", ")) }
    }
  }

  /// Ends everything; gives the server's exit status.
  @discardableResult
  package func stop() async -> Int32 {
    await phones.stop()
    await trunk.stop()
    let status = await server.stop()
    if !keepsFolder { try? FileManager.default.removeItem(at: folder) }
    return status
  }

  private static func configuration(
    _ settings: Settings, folder: String, trunkPort: UInt16, address: String
  ) -> String {
    let host = address.contains(":") ? "[\(address)]" : address
    func user(_ name: String, _ role: String, _ more: String = "") -> String {
      "{name: '\(name)', displayName: '\(name.prefix(1).uppercased() + name.dropFirst())', role: '\(role)', "
        + "password: 'secret-\(name)', token: '\(token(of: name))', \(more)}"
    }
    let all =
      "grants: [{permissions: ['view','listen','whisper','text-whisper','barge','takeover','review-audit']}]"
    return """
      {
        signalling: {listen: '\(host):\(settings.sipPort)', \(settings.signalling)},
        media: {bindAddress: '\(address)', rtpPorts: {from: 30000, to: 49998}, \(settings.media)},
        api: {listen: '127.0.0.1:0', \(settings.api)},
        \(settings.sections)
        storage: {folder: '\(folder)', \(settings.storage)},
        tenants: [{name: 'acme', policy: {\(settings.policy)}}],
        users: [
          \(user("anna", "agent", "queue: 'sales', team: 'north'")),
          \(user("ben", "agent", "queue: 'support'")),
          \(user("carol", "customer")),
          \(user("sue", "supervisor", all)),
          \(user("tom", "supervisor", all)),
          \(user("lea", "supervisor", "grants: [{permissions: ['view','listen']}]")),
          \(user("sam", "supervisor", "grants: [{permissions: ['view','listen','whisper'], scope: {queues: ['support']}}]")),
          \(settings.users)
        ],
        trunks: [
          {name: 'carrier', addresses: ['127.0.0.2'], nextHop: '127.0.0.2:\(trunkPort)', trusted: true},
          \(settings.trunks)
        ],
        routing: [{pattern: '0*', to: {trunk: 'carrier', strip: 1}}, \(settings.routing)],
      }
      """
  }
}
