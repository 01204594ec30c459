import API
import CallControl
import Configuration
import Locking
import Phones
import Supervision

/// A floor with one call, between a customer and Anna, behind a real API: what is supervised is dialled for real by a
/// phone that plays a tone.
final class OneCallDesk: CallDesk {
  static let token = "token-of-sue-0123456789"
  static let call = CallID("c1")
  static let session = SessionID("s1")

  private struct State {
    var mode: SupervisionMode?
    var phase = SessionPhase.live
    var revision: UInt64 = 0
    var watchers: [AsyncStream<FloorChange>.Continuation] = []
    var request: SuperviseRequest?
    var phone: PhoneCall?
  }

  private let state = Lock(State())
  private let bank = PhoneBank()
  private let refusal: Refusal?

  /// - Parameter refusal: what every wish to supervise gets.
  init(refusal: Refusal? = nil) { self.refusal = refusal }

  var request: SuperviseRequest? { state.withLock { $0.request } }

  /// Runs `body` with the address of a server that has this desk.
  func serving<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let directory = ConfigDirectory(
      try Configuration.parse(
        """
        { signalling: { advertisedAddress: "127.0.0.1" },
          users: [{ name: "sue", role: "supervisor", token: "\(Self.token)" }] }
        """))
    let service = APIService(desk: self, directory: directory, now: { Moment(wall: 7_000, uptime: 7_000) })
    let server = try HTTPServer(
      listen: ListenAddress("127.0.0.1", port: 0), handler: service, log: { _ in })
    try await bank.open()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body("http://127.0.0.1:\(server.address.port)"))
    } catch {
      result = .failure(error)
    }
    await bank.stop()
    await server.stop()
    return try result.get()
  }

  // MARK: CallDesk

  func calls(for principal: Principal) async -> [CallSnapshot] { [snapshot] }

  func call(_ id: CallID, for principal: Principal) async throws(Refusal) -> CallSnapshot {
    guard id == Self.call else { throw .unknownCall }
    return snapshot
  }

  func supervise(_ call: CallID, _ request: SuperviseRequest) async throws(Refusal) -> SessionSnapshot {
    guard call == Self.call else { throw .unknownCall }
    if let refusal { throw refusal }
    guard case .sip(let uri) = request.device else { throw .deviceUnusable("not SIP") }
    state.withLock { $0.request = request }
    let caller = await bank.phone(PhoneAccount(user: "earshot"))
    do {
      let phone = try await caller.connect(uri, saying: .tone(1_000))
      state.withLock { $0.phone = phone }
    } catch {
      throw .deviceUnusable("\(error)")
    }
    change { $0.mode = request.mode }
    return try sessionNow()
  }

  func session(_ id: SessionID, for principal: Principal) async throws(Refusal) -> SessionSnapshot {
    try sessionNow()
  }

  func changeMode(
    _ id: SessionID, to mode: SupervisionMode, reason: String?, by principal: Principal, origin: ActOrigin
  ) async throws(Refusal) -> SessionSnapshot {
    change { $0.mode = mode }
    return try sessionNow()
  }

  func end(_ id: SessionID, by principal: Principal, origin: ActOrigin) async throws(Refusal) {
    change { $0.phase = .ended }
    await state.withLock { $0.phone }?.hangUp()
  }

  func talk(_ id: SessionID, _ talks: Bool, by principal: Principal) async throws(Refusal) -> SessionSnapshot
  {
    throw .unknownSession
  }

  func hear(_ id: SessionID, gains: [ParticipantID: Float], by principal: Principal) async throws(Refusal)
    -> SessionSnapshot
  {
    throw .unknownSession
  }

  func cue(_ id: SessionID, _ text: String, by principal: Principal, origin: ActOrigin) async throws(Refusal)
    -> SessionSnapshot
  {
    throw .unknownSession
  }

  func invite(_ number: String, to call: CallID, by principal: Principal) async throws(Refusal) {
    throw .transferRefused("there is no telephony here")
  }

  func note(_ call: CallID, _ text: String, by principal: Principal) async throws(Refusal) {
    throw .unknownCall
  }

  func levels(for principal: Principal) async -> AsyncStream<LevelReading> { AsyncStream { $0.finish() } }

  func watch(for principal: Principal) async -> AsyncStream<FloorChange> {
    let (stream, watcher) = AsyncStream.makeStream(of: FloorChange.self)
    watcher.yield(.floor([snapshot]))
    state.withLock { $0.watchers.append(watcher) }
    return stream
  }

  func audit(_ query: AuditQuery, for principal: Principal) async throws(Refusal) -> [AuditRecord] {
    let origin = ActOrigin(channel: "rest", address: "127.0.0.1", client: "earshot")
    var opened = AuditEntry(
      tenant: query.tenant, action: .opened, time: 1_000, origin: origin, outcome: "done")
    opened.supervisor = UserID("sue")
    opened.supervisorName = "Sue Lang"
    opened.mode = .listen
    opened.agent = "anna"
    opened.call = query.call
    var closed = opened
    closed.action = .closed
    closed.time = 2_000
    closed.proof = [
      PrivacyProof(mode: .listen, listener: .customer, address: "4930", samples: 0),
      PrivacyProof(mode: .listen, listener: .agent, address: "anna", samples: 0),
      PrivacyProof(mode: .barge, listener: .customer, address: "4930", samples: 1),
    ]
    return [
      AuditRecord(sequence: 2, hash: "bb", entry: closed),
      AuditRecord(sequence: 1, hash: "aa", entry: opened),
    ]
  }

  // MARK: -

  private func change(_ body: (inout State) -> Void) {
    let watchers = state.withLock { state in
      body(&state)
      state.revision += 1
      return state.watchers
    }
    for watcher in watchers { watcher.yield(.changed(snapshot)) }
  }

  private func sessionNow() throws(Refusal) -> SessionSnapshot {
    guard let session = snapshot.sessions.first else { throw .unknownSession }
    return session
  }

  private var snapshot: CallSnapshot {
    let (mode, phase, revision) = state.withLock { ($0.mode, $0.phase, $0.revision) }
    let start = Moment(wall: 0, uptime: 0)
    let customer = Participant(
      id: ParticipantID(1), role: .customer, address: "4930", name: "M. Schneider", leg: LegID(1))
    let agent = Participant(
      id: ParticipantID(2), role: .agent, address: "anna", name: "Anna Berg", leg: LegID(2))
    let supervisor = Participant(
      id: ParticipantID(3), role: .supervisor, address: "sue", name: "Sue Lang", leg: LegID(4))
    let seats = mode.map { [RoutingMatrix.Seat(supervisor.id, target: agent.id, mode: $0)] } ?? []
    let roster = mode == nil ? [customer, agent] : [customer, agent, supervisor]
    let sessions = mode.map { mode in
      SessionSnapshot(
        id: Self.session, call: Self.call, supervisor: UserID("sue"), supervisorName: "Sue Lang",
        participant: supervisor.id, target: agent.id, mode: mode, phase: phase, targetCanHear: true,
        started: start, endReason: phase == .ended ? "left" : nil)
    }
    return CallSnapshot(
      id: Self.call, phase: .answered,
      facts: CallFacts(tenant: TenantID("main"), direction: .inbound, queue: "billing", agents: ["anna"]),
      participants: roster, heldBy: [], handler: agent.id, sessions: sessions.map { [$0] } ?? [],
      matrix: RoutingMatrix.routes(roster: roster, seats: seats), created: start, answered: start, ended: nil,
      endReason: nil, revision: revision)
  }
}
