import API
import Foundation
import Locking
import Supervision

/// A server on a port of its own, with calls and users, for one test.
struct Floor: Sendable {
  static let now = Moment(wall: 1_777_885_687_006, uptime: 100_000)

  let desk = InMemoryDesk()
  let directory = TokenDirectory()
  let clock = ManualClock()
  let phones: BrowserPhones
  let agents = InMemoryAgents()
  let server: HTTPServer

  /// Runs `body` with a server, and stops it afterwards.
  static func run<Result>(
    limits: HTTPLimits = HTTPLimits(), pacing: EventPacing? = nil, faults: [String] = [],
    console: ConsoleFolder? = nil,
    proxies: [String] = [], sockets: (user: Int, total: Int) = (20, 100), tls: TLSFiles? = nil,
    iceServers: [ICEServer] = [],
    _ body: (Floor) async throws -> Result
  ) async throws -> Result {
    let floor = try Floor(limits: limits, pacing: pacing, faults: faults, tls: tls) { side in
      .init(
        console: console, phones: side.phones, agents: side.agents,
        proxies: TrustedProxies(proxies.compactMap { IPNetwork($0) }), sockets: sockets,
        iceServers: iceServers)
    }
    do {
      let result = try await body(floor)
      await floor.server.stop()
      return result
    } catch {
      await floor.server.stop()
      throw error
    }
  }

  /// The parts that browsers meet.
  struct BrowserSide {
    var phones: BrowserPhones
    var agents: InMemoryAgents
  }

  private init(
    limits: HTTPLimits, pacing: EventPacing?, faults: [String], tls: TLSFiles?,
    browsers: (BrowserSide) -> APIService.Browsers
  ) throws {
    let clock = clock
    phones = BrowserPhones(clock: clock)
    let service = APIService(
      desk: desk, directory: directory, now: { Floor.now.advanced(by: clock.now.offset) },
      probes: .init(
        metrics: { [Metric("earshot_calls", .gauge, help: "Live calls.", value: 3)] }, faults: { faults }),
      pacing: pacing ?? EventPacing(clock: clock),
      browsers: browsers(BrowserSide(phones: phones, agents: agents)), version: "1.2.3")
    server = try HTTPServer(
      listen: ListenAddress("127.0.0.1", port: 0), tls: tls, limits: limits, handler: service
    ) {
      print($0)
    }
  }

  var url: URL { URL(string: "http://127.0.0.1:\(server.address.port)")! }

  func client(_ token: String = "anna-token") -> APIClient { APIClient(server: url, token: token) }

  /// Sends a request, by raw socket, and gives status, headers and body.
  func request(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil,
    token: String? = "anna-token"
  ) async throws -> RawAnswer {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: earshot", "Connection: close"]
    if let token { lines.append("Authorization: Bearer \(token)") }
    if let body {
      lines.append("Content-Length: \(body.utf8.count)")
      if headers["Content-Type"] == nil { lines.append("Content-Type: application/json") }
    }
    lines += headers.map { "\($0.key): \($0.value)" }
    let connection = try RawConnection(port: server.address.port)
    await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    return try RawAnswer(await connection.readToEnd())
  }

  // MARK: Material

  static let customer = ParticipantID(1)
  static let agent = ParticipantID(2)

  static func call(
    _ id: String, queue: String? = "support", tenant: String = "acme", phase: CallPhase = .answered,
    revision: UInt64 = 1
  ) -> CallSnapshot {
    CallSnapshot(
      id: CallID(id), phase: phase,
      facts: CallFacts(
        tenant: TenantID(tenant), direction: .inbound, queue: queue, customerNumber: "+4930123",
        agents: ["201"]),
      participants: [
        Participant(id: customer, role: .customer, address: "+4930123", name: "", leg: LegID(1)),
        Participant(id: agent, role: .agent, address: "201", name: "Ben", leg: LegID(2)),
      ],
      heldBy: [agent], handler: agent, sessions: [],
      matrix: RoutingMatrix([Route(from: customer, to: agent), Route(from: .player, to: customer)]),
      created: Moment(wall: now.wall - 5000, uptime: now.uptime - 5000),
      answered: Moment(wall: now.wall - 4000, uptime: now.uptime - 4000), ended: nil, endReason: nil,
      revision: revision)
  }

  static func principal(
    _ user: String, _ permissions: Set<Permission>, scope: Scope = .everything, tenant: String = "acme"
  ) -> Principal {
    Principal(
      user: UserID(user), name: user.capitalized, tenant: TenantID(tenant),
      grants: [Grant(permissions: permissions, scope: scope)])
  }
}

extension Moment {
  func advanced(by duration: Duration) -> Moment {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    return Moment(wall: wall + milliseconds, uptime: uptime + milliseconds)
  }
}

/// anna may everything, carl only listen in his queue, ben is an agent, eve is of another tenant; dora may see the queue
/// 'support' for 10 s, and 'sales' after 20 s. Each signs in with
/// his name and `-secret`.
final class TokenDirectory: Directory {
  private let principals = Lock<[String: Principal]>([
    "anna-token": Floor.principal("anna", Set(Permission.allCases)),
    "carl-token": Floor.principal("carl", [.view, .listen], scope: Scope(queues: ["support"])),
    "ben-token": Floor.principal("ben", []),
    "eve-token": Floor.principal("eve", Set(Permission.allCases), tenant: "other"),
    "dora-token": Principal(
      user: UserID("dora"), name: "Dora", tenant: TenantID("acme"),
      grants: [
        Grant(permissions: [.view], scope: Scope(queues: ["support"]), until: Floor.now.wall + 10_000),
        Grant(permissions: [.view], scope: Scope(queues: ["sales"]), from: Floor.now.wall + 20_000),
      ]),
  ])

  func revoke(_ token: String) { principals.withLock { $0[token] = nil } }

  func principal(token: String) -> Principal? { principals.withLock { $0[token] } }

  func user(name: String, password: String) -> DirectoryUser? {
    guard password == name + "-secret" else { return nil }
    return principals.withLock { $0[name + "-token"] }.map(Self.user)
  }

  func user(_ id: UserID, tenant: TenantID) -> DirectoryUser? {
    principals.withLock { $0.values.first { $0.user == id && $0.tenant == tenant } }.map(Self.user)
  }

  private static func user(_ principal: Principal) -> DirectoryUser {
    DirectoryUser(principal: principal, role: principal.user.value == "ben" ? .agent : .supervisor)
  }

  func policy(tenant: TenantID) -> Policy { Policy() }
  func dialPlan(tenant: TenantID) -> DialPlan { DialPlan() }
  func trunk(_ name: String) -> DirectoryTrunk? { nil }
}
