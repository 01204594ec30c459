import CallControl
import Locking
import Supervision

/// A switchboard among planes that answer every command at once, as well-behaved phones and a healthy media plane
/// would, so that the control layer is tested without a socket.
final class ScriptedFloor: SignallingPlane, MediaPlane, AuditLog, Directory, Presence {
  private struct State {
    var signalling: [SignallingCommand] = []
    var entries: [AuditEntry] = []
    var open: [CallID: Set<LegID>] = [:]
    var lastLeg: UInt64 = 1
    var auditFails = false
    var browsers: Set<LegID> = []
    var media: [MediaCommand] = []
    var places: [CallID: CallID] = [:]
    var busyTimes: [Int64] = [0, 0]
  }

  static let tenant = TenantID("acme")
  private let state = Lock(State())
  private let box = Lock<Switchboard?>(nil)
  let users: [UserID: DirectoryUser]
  let policyValue: Policy
  /// Who is reached by his page.
  private let onPage: Set<String>

  init(policy: Policy = Policy(), onPage: Set<String> = []) {
    policyValue = policy
    self.onPage = onPage
    func user(_ name: String, _ role: Role, _ grants: [Grant] = [], queue: String? = nil) -> (
      UserID, DirectoryUser
    ) {
      let principal = Principal(user: UserID(name), name: name, tenant: Self.tenant, grants: grants)
      return (UserID(name), DirectoryUser(principal: principal, role: role, queue: queue))
    }
    let all = Set(Permission.allCases)
    users = Dictionary(uniqueKeysWithValues: [
      user("carol", .customer), user("anna", .agent, queue: "sales"), user("ben", .agent, queue: "support"),
      user("sue", .supervisor, [Grant(permissions: all)]),
      user("tom", .supervisor, [Grant(permissions: all, scope: Scope(queues: ["support"]))]),
    ])
    let board = Switchboard(
      directory: self, audit: self, clock: SystemCallClock(), ringTimeout: 30, presence: self,
      log: { _ in })
    box.withLock { $0 = board }
    board.connect(signalling: self, media: self)
  }

  var switchboard: Switchboard { box.withLock { $0! } }
  var desk: SupervisorDesk { SupervisorDesk(switchboard) }
  var commands: [SignallingCommand] { state.withLock { $0.signalling } }
  var entries: [AuditEntry] { state.withLock { $0.entries } }
  var media: [MediaCommand] { state.withLock { $0.media } }
  /// Calls that were to be on the worker of another.
  var places: [CallID: CallID] { state.withLock(\.places) }
  var busyTimes: [Int64] {
    get { state.withLock(\.busyTimes) }
    set { state.withLock { $0.busyTimes = newValue } }
  }
  func principal(_ name: String) -> Principal { users[UserID(name)]!.principal }

  /// Sends an INVITE and gives its leg.
  @discardableResult
  func invite(_ number: String, from caller: String, headers: [String: String] = [:], sdp: String? = "offer")
    -> LegID
  {
    let leg = state.withLock { state in
      state.lastLeg += 2
      return LegID(state.lastLeg)
    }
    let isUser = users[UserID(caller)] != nil
    switchboard.receive(
      .incoming(
        IncomingInvite(
          leg: leg,
          endpoint: isUser ? .user(Self.tenant, UserID(caller)) : .trunk(Self.tenant, "carrier"),
          requestUser: number, caller: CallerIdentity(user: caller, name: ""), sdp: sdp, headers: headers,
          sourceAddress: "192.0.2.9", client: "test")))
    return leg
  }

  /// The first snapshot of the floor, as `watcher` sees it, that fits.
  func call(seenBy watcher: String = "sue", where fits: (CallSnapshot) -> Bool) async -> CallSnapshot? {
    for await change in await desk.watch(for: principal(watcher)) {
      switch change {
      case .floor(let calls): if let call = calls.first(where: fits) { return call }
      case .changed(let call): if fits(call) { return call }
      case .gone: break
      }
    }
    return nil
  }

  func perform(_ command: SignallingCommand) {
    state.withLock { $0.signalling.append(command) }
    switch command {
    case .dial(let leg, _, _, _, _):
      switchboard.receive(.answered(leg, sdp: "answer", source: "192.0.2.10"))
    case .end(let leg, let reason): switchboard.receive(.ended(leg, reason))
    default: break
    }
  }

  func place(_ call: CallID, beside other: CallID) { state.withLock { $0.places[call] = other } }

  func areTogether(_ one: CallID, _ other: CallID) -> Bool {
    state.withLock { $0.places[one] == other || $0.places[other] == one }
  }

  func perform(_ command: MediaCommand, for call: CallID) {
    let events: [MediaEvent] = state.withLock { state in
      state.media.append(command)
      switch command {
      case .acceptOffer(let leg, _):
        if leg.transport == .webRTC { state.browsers.insert(leg.leg) }
        state.open[call, default: []].insert(leg.leg)
        return [.offerAccepted(leg.leg, .sendrecv)]
      case .makeOffer(let leg, _):
        state.open[call, default: []].insert(leg.leg)
        return [.description(leg.leg, sdp: "our offer")]
      case .acceptAnswer(let leg, _, _): return [.answerAccepted(leg, .sendrecv)]
      case .makeAnswer(let leg, _):
        let answer = MediaEvent.description(leg, sdp: "our answer")
        return state.browsers.contains(leg) ? [answer, .connected(leg)] : [answer]
      case .apply(_, let revision): return [.applied(revision: revision, proof: [])]
      case .play: return []
      case .detachLeg(let leg):
        state.open[call]?.remove(leg)
        return []
      case .attachLeg(let leg):
        state.open[call, default: []].insert(leg.leg)
        return []
      case .closeLeg(let leg):
        return state.open[call]?.remove(leg) == nil ? [] : [.legClosed(leg, LegReport())]
      case .closeCall:
        let legs = state.open.removeValue(forKey: call) ?? []
        return legs.map { .legClosed($0, LegReport()) } + [.callClosed]
      }
    }
    for event in events { switchboard.receive(call, event) }
  }

  func submit(
    _ entry: AuditEntry, urgency: AuditUrgency,
    completion: @escaping @Sendable (Result<AuditReceipt, AuditFault>) -> Void
  ) {
    let fails = state.withLock { state in
      if !state.auditFails { state.entries.append(entry) }
      return state.auditFails
    }
    completion(
      fails ? .failure(AuditFault("disk full")) : .success(AuditReceipt(chain: "acme", sequence: 1)))
  }

  func failAudit(_ fails: Bool) { state.withLock { $0.auditFails = fails } }

  func entries(_ query: AuditQuery) async throws(AuditFault) -> [AuditRecord] { [] }
  func principal(token: String) -> Principal? { nil }
  func user(_ id: UserID, tenant: TenantID) -> DirectoryUser? { tenant == Self.tenant ? users[id] : nil }
  func transport(of user: UserID, tenant: TenantID) -> LegTransport {
    tenant == Self.tenant && onPage.contains(user.value) ? .webRTC : .rtp
  }
  func policy(tenant: TenantID) -> Policy { policyValue }
  func dialPlan(tenant: TenantID) -> DialPlan {
    DialPlan(rules: [
      .init(pattern: "0*", destination: .nextHop("carrier", strip: 1, prefix: "+")),
      .init(pattern: "2000", from: ["carrier"], destination: .user(UserID("anna"))),
    ])
  }
  func trunk(_ name: String) -> DirectoryTrunk? {
    name == "carrier" ? DirectoryTrunk(tenant: Self.tenant) : nil
  }
}
