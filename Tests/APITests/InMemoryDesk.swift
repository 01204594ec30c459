import API
import CallControl
import Supervision

/// The calls of these tests: a real desk's answers without telephony behind them.
actor InMemoryDesk: CallDesk {
  private var floor: [CallID: CallSnapshot] = [:]
  private var sessions: [SessionID: SessionSnapshot] = [:]
  private var watchers: [(principal: Principal, continuation: AsyncStream<FloorChange>.Continuation)] = []
  private var refusal: Refusal?
  private var isHeld = false
  private var held: [CheckedContinuation<Void, Never>] = []
  private var arrivals: [CheckedContinuation<Void, Never>] = []
  private(set) var requests: [SuperviseRequest] = []
  private(set) var invited: [String] = []
  private(set) var queries: [AuditQuery] = []
  private(set) var gains: [ParticipantID: Float] = [:]
  private var meters: [AsyncStream<LevelReading>.Continuation] = []
  private var reading: LevelReading?
  private var records: [AuditRecord] = []

  // MARK: For the tests

  /// The next act is refused so.
  func refuseNext(_ refusal: Refusal) { self.refusal = refusal }

  func put(_ call: CallSnapshot) {
    floor[call.id] = call
    for watcher in watchers where sees(watcher.principal, call) { watcher.continuation.yield(.changed(call)) }
  }

  func remove(_ id: CallID) {
    guard let call = floor.removeValue(forKey: id) else { return }
    for watcher in watchers where sees(watcher.principal, call) { watcher.continuation.yield(.gone(id)) }
  }

  func put(_ records: [AuditRecord]) { self.records = records }

  /// Requests to supervise wait from now on.
  func hold() { isHeld = true }

  /// Returns when a request waits.
  func arrival() async {
    if held.isEmpty { await withCheckedContinuation { arrivals.append($0) } }
  }

  func release() {
    isHeld = false
    for waiter in held { waiter.resume() }
    held.removeAll()
  }

  // MARK: CallDesk

  func calls(for principal: Principal) -> [CallSnapshot] {
    floor.values.filter { sees(principal, $0) }.sorted { $0.created < $1.created }
  }

  func call(_ id: CallID, for principal: Principal) throws(Refusal) -> CallSnapshot {
    guard let call = floor[id], sees(principal, call) else { throw .unknownCall }
    return call
  }

  func supervise(_ id: CallID, _ request: SuperviseRequest) async throws(Refusal) -> SessionSnapshot {
    requests.append(request)
    if isHeld {
      await withCheckedContinuation { continuation in
        held.append(continuation)
        for waiter in arrivals { waiter.resume() }
        arrivals.removeAll()
      }
    }
    let call = try call(id, for: request.principal)
    try decide(request.principal, request.mode, on: call)
    var session = SessionSnapshot(
      id: SessionID("s\(sessions.count + 1)"), call: id, supervisor: request.principal.user,
      supervisorName: request.principal.name, participant: ParticipantID(3), target: ParticipantID(2),
      mode: request.mode, phase: .connecting, targetCanHear: true, started: Floor.now, endReason: nil)
    if case .webRTC(let offer) = request.device { session.answer = "answer to " + offer }
    sessions[session.id] = session
    return session
  }

  func session(_ id: SessionID, for principal: Principal) throws(Refusal) -> SessionSnapshot {
    guard let session = sessions[id], session.supervisor == principal.user else { throw .unknownSession }
    return session
  }

  func changeMode(
    _ id: SessionID, to mode: SupervisionMode, reason: String?, by principal: Principal, origin: ActOrigin
  ) throws(Refusal) -> SessionSnapshot {
    var session = try session(id, for: principal)
    try decide(principal, mode, on: try call(session.call, for: principal))
    session.mode = mode
    sessions[id] = session
    return session
  }

  func end(_ id: SessionID, by principal: Principal, origin: ActOrigin) throws(Refusal) {
    var session = try session(id, for: principal)
    session.phase = .ended
    session.endReason = "left"
    sessions[id] = session
  }

  func talk(_ id: SessionID, _ talks: Bool, by principal: Principal) throws(Refusal) -> SessionSnapshot {
    var session = try session(id, for: principal)
    guard session.mode != .listen else { throw .callNotActive }
    session.talks = talks
    sessions[id] = session
    return session
  }

  func hear(_ id: SessionID, gains: [ParticipantID: Float], by principal: Principal) throws(Refusal)
    -> SessionSnapshot
  {
    let session = try session(id, for: principal)
    self.gains = gains
    return session
  }

  func cue(_ id: SessionID, _ text: String, by principal: Principal, origin: ActOrigin) throws(Refusal)
    -> SessionSnapshot
  {
    let session = try session(id, for: principal)
    var call = try call(session.call, for: principal)
    if case .denied(let refusal) = AccessRules.decide(principal, .textWhisper, on: call.facts, at: Floor.now)
    {
      throw refusal
    }
    call.cues.append(
      Cue(
        number: call.cues.count + 1, from: session.participant, to: session.target, text: text, at: Floor.now)
    )
    put(call)
    return session
  }

  func invite(_ number: String, to id: CallID, by principal: Principal) throws(Refusal) {
    let call = try call(id, for: principal)
    try decide(principal, .barge, on: call)
    invited.append(number)
  }

  func note(_ id: CallID, _ text: String, by principal: Principal) throws(Refusal) {
    var call = try call(id, for: principal)
    call.notes.append(
      CallNote(
        author: principal.user, authorName: principal.name, text: text, at: Floor.now, callClock: 5000))
    put(call)
  }

  func levels(for principal: Principal) -> AsyncStream<LevelReading> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: LevelReading.self, bufferingPolicy: .bufferingNewest(1))
    meters.append(continuation)
    if let reading { continuation.yield(reading) }
    return stream
  }

  /// So loud it is, for whoever looks.
  func put(_ reading: LevelReading) {
    self.reading = reading
    for meter in meters { meter.yield(reading) }
  }

  func watch(for principal: Principal) -> AsyncStream<FloorChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: FloorChange.self)
    continuation.yield(.floor(calls(for: principal)))
    watchers.append((principal, continuation))
    return stream
  }

  func audit(_ query: AuditQuery, for principal: Principal) throws(Refusal) -> [AuditRecord] {
    queries.append(query)
    if case .denied(let refusal) = AccessRules.decide(principal, .reviewAudit, at: Floor.now) {
      throw refusal
    }
    return Array(records.prefix(query.limit))
  }

  private func sees(_ principal: Principal, _ call: CallSnapshot) -> Bool {
    AccessRules.sees(principal, call.facts, at: Floor.now)
  }

  private func decide(
    _ principal: Principal, _ mode: SupervisionMode, on call: CallSnapshot
  ) throws(Refusal) {
    if let refusal {
      self.refusal = nil
      throw refusal
    }
    if case .denied(let refusal) = AccessRules.decide(
      principal, mode.permission, on: call.facts, at: Floor.now)
    {
      throw refusal
    }
  }
}
