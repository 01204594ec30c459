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
  let server: HTTPServer

  /// Runs `body` with a server, and stops it afterwards.
  static func run(
    limits: HTTPLimits = HTTPLimits(), pacing: EventPacing? = nil, faults: [String] = [],
    _ body: (Floor) async throws -> Void
  ) async throws {
    let floor = try Floor(limits: limits, pacing: pacing, faults: faults)
    do {
      try await body(floor)
    } catch {
      await floor.server.stop()
      throw error
    }
    await floor.server.stop()
  }

  private init(limits: HTTPLimits, pacing: EventPacing?, faults: [String]) throws {
    let service = APIService(
      desk: desk, directory: directory, now: { Floor.now },
      probes: .init(
        metrics: { [Metric("earshot_calls", .gauge, help: "Live calls.", value: 3)] }, faults: { faults }),
      pacing: pacing ?? EventPacing(clock: clock))
    server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), limits: limits, handler: service) {
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

/// anna may everything, carl only listen in his queue, eve is of another tenant.
final class TokenDirectory: Directory {
  private let principals = Lock<[String: Principal]>([
    "anna-token": Floor.principal("anna", Set(Permission.allCases)),
    "carl-token": Floor.principal("carl", [.view, .listen], scope: Scope(queues: ["support"])),
    "eve-token": Floor.principal("eve", Set(Permission.allCases), tenant: "other"),
  ])

  func revoke(_ token: String) { principals.withLock { $0[token] = nil } }

  func principal(token: String) -> Principal? { principals.withLock { $0[token] } }
  func user(_ id: UserID, tenant: TenantID) -> DirectoryUser? { nil }
  func policy(tenant: TenantID) -> Policy { Policy() }
  func dialPlan(tenant: TenantID) -> DialPlan { DialPlan() }
  func trunk(_ name: String) -> DirectoryTrunk? { nil }
}
