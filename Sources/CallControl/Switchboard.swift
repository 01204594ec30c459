import Locking
import Supervision

/// Where events find their call. Knows which leg belongs to which call, nothing of what a call is.
///
/// The planes' sinks call it from their own threads; it looks up an inbox and is done, so order is kept and nobody waits.
package final class Switchboard: Sendable {
  package typealias Log = @Sendable (String) -> Void

  struct State {
    var inboxes: [CallID: AsyncStream<CallInput>.Continuation] = [:]
    var legs = LegTable()
    var questions: [RequestID: Question] = [:]
    /// Sessions that are asked for or open, by supervisor (M6).
    var engagements: [SessionID: Engagement] = [:]
    var lastLeg: UInt64 = 0
    var lastRequest: UInt64 = 0
    var signalling: (any SignallingPlane)?
    var media: (any MediaPlane)?
    var isStopping = false
    /// What may not be begun at present, and calls that weren't for that reason.
    var load = Overload.Level.none
    var turnedAway: UInt64 = 0
    var emptied: [CheckedContinuation<Void, Never>] = []
    var graceTimer: Task<Void, Never>?
  }

  struct Question {
    var call: CallID
    var session: SessionID?
    /// nil: done, and there is no session to show.
    var answer: @Sendable (Result<SessionSnapshot?, Refusal>) -> Void

    func answer(_ refusal: Refusal) { answer(.failure(refusal)) }
  }

  struct Engagement {
    var tenant: TenantID
    var user: UserID
    var call: CallID
  }

  let state = Lock(State())
  let directory: any Directory
  let audit: any AuditLog
  let clock: any CallClock
  package let board: FloorBoard
  let levels = LevelBoard()
  let lamps: LampBoard
  let presence: any Presence
  let planner: CallPlanner
  private let records: @Sendable (CallRecord) -> Void
  let log: Log

  /// - Parameters:
  ///   - ringTimeout: seconds that a called party may ring.
  ///   - presence: who is reached by his page rather than by SIP.
  ///   - records: what is kept of a call when it is over.
  package init(
    directory: any Directory, audit: any AuditLog, clock: any CallClock, ringTimeout: Int,
    presence: any Presence = DeskPhonesOnly(),
    records: @escaping @Sendable (CallRecord) -> Void = { _ in }, log: @escaping Log
  ) {
    self.directory = directory
    self.audit = audit
    self.clock = clock
    self.records = records
    self.log = log
    board = FloorBoard(clock: clock)
    lamps = LampBoard(directory: directory, clock: clock)
    self.presence = presence
    planner = CallPlanner(
      directory: directory, ringTimeout: ringTimeout, presence: presence,
      watches: { [board] in board.isWatching(agent: $0, tenant: $1) })
  }

  /// The planes report to the switchboard and it commands them, so they meet after both exist.
  package func connect(signalling: any SignallingPlane, media: any MediaPlane) {
    state.withLock {
      $0.signalling = signalling
      $0.media = media
    }
  }

  // MARK: Events

  package func receive(_ event: SignallingEvent) {
    if case .incoming(let invite) = event { return receive(invite) }
    if case .referred(let leg, .leg(let other)) = event { return consult(leg, other) }
    guard let leg = event.leg else { return lampEvent(event) }
    if case .digit(let leg, let key) = event {
      // A key is a key, however it comes.
      guard let call = state.withLock({ $0.legs[leg] }) else { return }
      return receive(call, .digit(leg, key))
    }
    inbox(of: leg)?.yield(.signalling(event))
  }

  package func receive(_ call: CallID, _ event: MediaEvent) {
    let inbox = state.withLock { $0.inboxes[call] }
    switch event {
    case .levels(let readings):
      if let snapshot = board.snapshot(call) { levels.take(readings, of: snapshot) }
    case .digit(let leg, let key):
      if let pages = agentPages(call) { inbox?.yield(pages) }
      inbox?.yield(.key(leg, key, supervisor(on: leg, of: call)))
    default: inbox?.yield(.media(event))
    }
  }

  /// Which of the call's agents can be asked or written to now.
  func agentPages(_ call: CallID) -> CallInput? {
    board.snapshot(call).map { call in
      let agents = call.participants.filter { $0.role == .agent }.map(\.address)
      let tenant = call.facts.tenant
      return .agentPages(
        Set(
          agents.filter {
            board.isWatching(agent: UserID($0), tenant: tenant)
              || presence.transport(of: UserID($0), tenant: tenant) == .webRTC
          }))
    }
  }

  /// What the directory says now of the supervisor who pressed a key.
  private func supervisor(on leg: LegID, of call: CallID) -> Principal? {
    guard let snapshot = board.snapshot(call),
      let participant = snapshot.participants.first(where: { $0.leg == leg })?.id,
      let session = snapshot.sessions.first(where: { $0.participant == participant })
    else { return nil }
    let engagement = state.withLock { $0.engagements[session.id] }
    return engagement.flatMap { directory.user($0.user, tenant: $0.tenant)?.principal }
  }

  private func receive(_ invite: IncomingInvite) {
    guard let signalling = state.withLock({ $0.isStopping ? nil : $0.signalling }) else {
      return refuse(invite, .stopping)
    }
    let id = CallID(Self.randomName())
    switch planner.plan(invite, call: id, calleeLeg: nextLeg) {
    case .refuse(let refusal):
      log("INVITE for '\(invite.requestUser)' from \(invite.sourceAddress) refused: \(refusal.explanation)")
      signalling.perform(.refuse(invite.leg, refusal))
    case .supervise(let code, let principal): superviseByCode(invite, code, principal)
    case .arrive(let arrival): arrive(arrival, invite)
    case .call(let setup):
      guard state.withLock(\.load) < .noCalls else { return turnAway(invite) }
      begin(setup)
    }
  }

  func refuse(_ invite: IncomingInvite, _ refusal: Refusal) {
    state.withLock { $0.signalling }?.perform(.refuse(invite.leg, refusal))
  }

  /// No call is begun where those that there are would suffer (X5).
  private func turnAway(_ invite: IncomingInvite) {
    let count = state.withLock { state in
      state.turnedAway += 1
      return state.turnedAway
    }
    // One line for each of many thousand would be a load of its own.
    if count.nonzeroBitCount == 1 {
      log("\(count) call(s) turned away so far: \(Refusal.overloaded.explanation)")
    }
    refuse(invite, .overloaded)
  }

  private func begin(_ setup: CallSetup) {
    let (call, effects) = Call.begin(setup, at: clock.now())
    let (inputs, inbox) = AsyncStream<CallInput>.makeStream()
    let surroundings = state.withLock { state -> CallSurroundings? in
      guard let signalling = state.signalling, let media = state.media else { return nil }
      state.inboxes[setup.id] = inbox
      let sides = [setup.caller, setup.callee]
      if let other = state.legs.companion(of: sides.map(\.endpoint)) { media.place(setup.id, beside: other) }
      for side in sides { state.legs.assign(side.leg, to: setup.id, of: side.endpoint) }
      return CallSurroundings(
        signalling: signalling, media: media, audit: audit, clock: clock,
        publish: { [weak self] in self?.publish($0) },
        reply: { [weak self] in self?.answer($0, $1.map { $0 }) },
        done: { [weak self] in self?.done($0, $1) },
        route: { [weak self, id = setup.id] in self?.route($0, $1, from: $2, for: id) },
        tell: { [weak self] in self?.tell($0, $1) },
        finished: { [weak self] in self?.finished($0) }, log: log)
    }
    guard let surroundings else { return }
    let actor = CallActor(call, inbox: inbox, surroundings: surroundings)
    Task { await actor.run(effects, inputs) }
  }

  private func superviseByCode(_ invite: IncomingInvite, _ code: FeatureCode, _ principal: Principal) {
    let origin = ActOrigin(channel: "sip", address: invite.sourceAddress, client: invite.client)
    let wish = SuperviseRequest(
      principal: principal, mode: code.mode,
      device: .dialledIn(invite.leg, sdp: invite.sdp, address: invite.sourceAddress), target: code.agent,
      origin: origin)
    guard let call = callToSupervise(agent: code.agent, principal) else {
      let refusal = refusalWithoutCall(of: code, principal)
      auditRefusal(of: wish, call: nil, refusal)
      return refuse(invite, refusal)
    }
    ask(call, wish) { _ in }
  }

  /// Tells the same of an agent who is idle and of one whose call is out of scope.
  private func refusalWithoutCall(of code: FeatureCode, _ principal: Principal) -> Refusal {
    if case .denied(let refusal) = AccessRules.decide(principal, code.mode.permission, at: clock.now()) {
      return refusal
    }
    let isKnown = directory.user(UserID(code.agent), tenant: principal.tenant) != nil
    return isKnown ? .noCallForAgent : .noRoute(code.agent)
  }

  /// The agent's call within the supervisor's scope; of two, the one that isn't held, then the newer one.
  private func callToSupervise(agent: String, _ principal: Principal) -> CallID? {
    let now = clock.now()
    let calls = board.snapshots.filter { call in
      call.participants.contains { $0.role == .agent && $0.address == agent }
        && AccessRules.sees(principal, call.facts, at: now)
    }
    return calls.max {
      ($0.phase == .answered ? 1 : 0, $0.heldBy.isEmpty ? 1 : 0, $0.created.uptime)
        < ($1.phase == .answered ? 1 : 0, $1.heldBy.isEmpty ? 1 : 0, $1.created.uptime)
    }?.id
  }

  // MARK: What calls report

  private func publish(_ snapshot: CallSnapshot) {
    let over = snapshot.sessions.filter { $0.phase == .ended }.map(\.id)
    if !over.isEmpty {
      state.withLock { state in
        for session in over { state.engagements[session] = nil }
      }
    }
    board.publish(snapshot)
    showLamps(of: snapshot)
  }

  private func finished(_ record: CallRecord) {
    let id = record.snapshot.id
    let (unanswered, waiting) = state.withLock {
      state -> ([RequestID: Question], [CheckedContinuation<Void, Never>]) in
      state.inboxes[id] = nil
      state.legs.forget(id)
      state.engagements = state.engagements.filter { $0.value.call != id }
      let unanswered = state.questions.filter { $0.value.call == id }
      for request in unanswered.keys { state.questions[request] = nil }
      guard state.inboxes.isEmpty else { return (unanswered, []) }
      defer { state.emptied = [] }
      return (unanswered, state.emptied)
    }
    for question in unanswered.values { question.answer(.unknownCall) }
    records(record)
    for waiter in waiting { waiter.resume() }
  }

  // MARK: The whole

  /// Whether the audit can be written. Unwritable for longer than `grace` seconds: live supervision ends, calls run on (U3).
  package func auditBecame(writable: Bool, grace: Int = 5) {
    state.withLock { state in
      if writable {
        state.graceTimer?.cancel()
        state.graceTimer = nil
      } else if state.graceTimer == nil {
        state.graceTimer = Task { [weak self, clock] in
          guard (try? await clock.sleep(milliseconds: Int64(grace) * 1_000)) != nil else { return }
          self?.everyCall(.auditLost)
        }
      }
    }
  }

  private func everyCall(_ input: CallInput) {
    for inbox in state.withLock({ Array($0.inboxes.values) }) { inbox.yield(input) }
  }

  /// What may not be begun from now on (X5).
  package func loadBecame(_ level: Overload.Level) { state.withLock { $0.load = level } }

  /// Calls that were not taken for overload.
  package var turnedAway: UInt64 { state.withLock(\.turnedAway) }

  /// Takes no new calls from now on.
  package func refuseNewCalls() { state.withLock { $0.isStopping = true } }

  /// Ends every call with a Reason.
  package func endAll(_ reason: HangupReason) { everyCall(.end(reason)) }

  /// Takes no new calls, ends the others with a Reason and returns when the last one is gone.
  package func stop(_ reason: HangupReason) async {
    refuseNewCalls()
    endAll(reason)
    await empty()
    board.close()
    levels.close()
  }

  /// Returns when no call is left.
  package func empty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if state.inboxes.isEmpty { return true }
        state.emptied.append(continuation)
        return false
      }
      if isEmpty { continuation.resume() }
    }
  }

  /// Live calls, legs and open questions; for the leak check and the metrics.
  package var counts: (calls: Int, legs: Int, questions: Int, sessions: Int) {
    state.withLock { ($0.inboxes.count, $0.legs.count, $0.questions.count, $0.engagements.count) }
  }

  func inbox(of leg: LegID) -> AsyncStream<CallInput>.Continuation? {
    state.withLock { state in state.legs[leg].flatMap { state.inboxes[$0] } }
  }

  /// Legs that we dial have even numbers; those of incoming INVITEs, numbered by the signalling planes, odd ones.
  func nextLeg(_ transport: LegTransport) -> LegID {
    state.withLock { state in
      state.lastLeg += 2
      return LegID(state.lastLeg + (transport == .webRTC ? SignallingExchange.firstBrowserLeg : 0))
    }
  }

  /// 128 random bits: not to be guessed.
  static func randomName() -> String {
    (0..<2).map { _ in
      let hex = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - hex.count) + hex
    }.joined()
  }
}
