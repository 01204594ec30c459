import Supervision

/// Drives one `Call` as the shell does: gives it events, and answers its commands as well-behaved planes and an audit would.
struct CallDriver {
  static let agentLeg = LegID(2)
  static let customerLeg = LegID(1)
  static let tenant = TenantID("acme")
  static let annasPhone = Endpoint.user(tenant, UserID("anna"))
  static let carrier = Endpoint.trunk(tenant, "carrier")

  var call: Call
  var effects: [CallEffect] = []
  var now = Moment(wall: 1_000_000, uptime: 0)
  var auditWorks = true
  /// Entries that wait: answered only by `releaseAudit`.
  var auditHeld = false
  var heldTickets: [AuditTicket] = []
  var replies: [RequestID: Result<SessionSnapshot, Refusal>] = [:]
  /// Answers to what isn't about a session.
  var done: [RequestID: Refusal?] = [:]
  var entries: [AuditEntry] = []
  var record: CallRecord?
  var illegal: [IllegalInput] = []
  /// What the mixer has counted so far.
  var mixed: [MixProof] = []
  /// Legs open in the media plane.
  var open: Set<LegID> = []
  /// Commands, in order of sending.
  var signalling: [SignallingCommand] = []
  var media: [MediaCommand] = []
  var timers: [CallTimer: Int64] = [:]
  /// What the dial plan was asked, and what it answers; nil: nothing yet.
  var routes: [(transfer: TransferID, number: String, from: Endpoint)] = []
  var routeAnswer: Result<TransferRoute, Refusal>?
  /// What was said to other calls.
  var told: [(call: CallID, message: CallMessage)] = []
  /// Whether browsers are connected as soon as they have their answer.
  var browsersConnect = true
  /// What the node says along with each wish (X5).
  var isOverloaded = false
  /// The media plane takes its time to close calls.
  var holdsClosing = false
  private var browsers: Set<LegID> = []
  private var queue: [CallInput] = []
  private var isFeeding = false
  private var lastRequest: UInt64 = 0
  /// Legs of supervisors; another call has others.
  var nextLeg: UInt64 = 100

  init(
    policy: Policy = Policy(), agentCalls: Bool = false, agentByBrowser: Bool = false,
    offer: String? = "offer", id: String = "c1"
  ) {
    let customer = CallSetup.Side(
      leg: agentCalls ? Self.agentLeg : Self.customerLeg, role: agentCalls ? .agent : .customer,
      address: agentCalls ? "anna" : "5551", name: agentCalls ? "Anna" : "Carol",
      sources: SourcePolicy(signallingAddress: "192.0.2.1"),
      endpoint: agentCalls ? Self.annasPhone : Self.carrier)
    let agent = CallSetup.Side(
      leg: agentCalls ? Self.customerLeg : Self.agentLeg, role: agentCalls ? .customer : .agent,
      address: agentCalls ? "5551" : "anna", name: agentCalls ? "Carol" : "Anna",
      sources: SourcePolicy(signallingAddress: nil), transport: agentByBrowser ? .webRTC : .rtp,
      endpoint: agentCalls ? Self.carrier : Self.annasPhone)
    let setup = CallSetup(
      id: CallID(id),
      facts: CallFacts(tenant: Self.tenant, direction: .inbound, queue: "sales", agents: ["anna"]),
      caller: customer, callee: agent, offer: offer, target: .user(Self.tenant, UserID("anna")),
      callerIdentity: CallerIdentity(user: "5551", name: "Carol"), ringTimeout: 30, policy: policy)
    self.init(setup)
  }

  /// Anna calls a colleague.
  init(
    policy: Policy = Policy(), internalTo colleague: String, legs: (LegID, LegID), id: String,
    byBrowser: Bool = false
  ) {
    let name = colleague.prefix(1).uppercased() + colleague.dropFirst()
    let caller = CallSetup.Side(
      leg: legs.0, role: .agent, address: "anna", name: "Anna",
      sources: SourcePolicy(signallingAddress: "192.0.2.1"), endpoint: Self.annasPhone)
    let callee = CallSetup.Side(
      leg: legs.1, role: .agent, address: colleague, name: name,
      sources: SourcePolicy(signallingAddress: nil), transport: byBrowser ? .webRTC : .rtp,
      endpoint: .user(Self.tenant, UserID(colleague)), placement: Placement(queue: "sales"))
    self.init(
      CallSetup(
        id: CallID(id),
        facts: CallFacts(tenant: Self.tenant, direction: .internal, agents: ["anna", colleague]),
        caller: caller, callee: callee, offer: "offer", target: .user(Self.tenant, UserID(colleague)),
        callerIdentity: CallerIdentity(user: "anna", name: "Anna"), ringTimeout: 30, policy: policy))
  }

  private init(_ setup: CallSetup) {
    let (call, effects) = Call.begin(setup, at: now)
    self.call = call
    isFeeding = true
    perform(effects)
    isFeeding = false
    let answers = queue
    queue = []
    for answer in answers { feed(answer) }
  }

  /// A call that is answered.
  static func answered(policy: Policy = Policy(), agentByBrowser: Bool = false) -> CallDriver {
    var driver = CallDriver(policy: policy, agentByBrowser: agentByBrowser)
    driver.send(.answered(agentLeg, sdp: "answer", source: "192.0.2.2"))
    return driver
  }

  mutating func send(_ event: SignallingEvent) { feed(.signalling(event)) }
  mutating func send(_ event: MediaEvent) { feed(.media(event)) }

  /// Feeds one input and then whatever the planes and the audit answer, in order.
  mutating func feed(_ input: CallInput) {
    queue.append(input)
    guard !isFeeding else { return }
    isFeeding = true
    while !queue.isEmpty {
      now.uptime += 1
      now.wall += 1
      perform(call.receive(queue.removeFirst(), at: now))
    }
    isFeeding = false
  }

  mutating func advance(milliseconds: Int64) {
    now.uptime += milliseconds
    now.wall += milliseconds
  }

  mutating func releaseAudit() {
    auditHeld = false
    let tickets = heldTickets
    heldTickets = []
    for ticket in tickets { feed(auditWorks ? .auditWritten(ticket) : .auditFailed(ticket)) }
  }

  mutating func releaseClosing() {
    holdsClosing = false
    answer(.closeCall)
  }

  // MARK: What supervisors do

  static func principal(_ name: String = "sue", _ permissions: Set<Permission> = Set(Permission.allCases))
    -> Principal
  {
    Principal(
      user: UserID(name), name: name.uppercased(), tenant: tenant, grants: [Grant(permissions: permissions)])
  }

  /// Asks to supervise by a dialled-in phone (`dialIn`) or one to be dialled, and lets it answer.
  @discardableResult
  mutating func supervise(
    _ mode: SupervisionMode, by principal: Principal = principal(), dialIn: Bool = true,
    target: String? = nil,
    elsewhere: Bool = false, purpose: String? = nil, offer: String? = "offer"
  ) -> (request: RequestID, session: SessionID, leg: LegID) {
    lastRequest += 1
    nextLeg += 1
    let request = RequestID(lastRequest)
    let leg = LegID(nextLeg)
    let session = SessionID("s\(lastRequest)")
    let wish = SuperviseRequest(
      principal: principal, mode: mode,
      device: dialIn ? .dialledIn(leg, sdp: offer, address: "192.0.2.3") : .sip(uri: "sip:sue@127.0.0.1"),
      target: target, purpose: purpose,
      origin: ActOrigin(channel: dialIn ? "sip" : "rest", address: "192.0.2.3", client: "test"))
    feed(
      .supervise(
        request, wish,
        SupervisionTicket(
          session: session, leg: leg, isEngagedElsewhere: elsewhere, isOverloaded: isOverloaded)))
    if !dialIn, call.session(session)?.phase == .connecting {
      send(.answered(leg, sdp: "answer", source: "192.0.2.3"))
    }
    return (request, session, leg)
  }

  /// Asks to supervise by a browser, which is connected as soon as it has its answer.
  @discardableResult
  mutating func browse(
    _ mode: SupervisionMode, by principal: Principal = principal(), offer: String = "offer",
    elsewhere: Bool = false
  ) -> (request: RequestID, session: SessionID, leg: LegID) {
    lastRequest += 1
    nextLeg += 1
    let ticket = SupervisionTicket(
      session: SessionID("s\(lastRequest)"), leg: LegID(nextLeg), isEngagedElsewhere: elsewhere,
      isOverloaded: isOverloaded)
    let wish = SuperviseRequest(
      principal: principal, mode: mode, device: .webRTC(offer: offer),
      origin: ActOrigin(channel: "rest", address: "192.0.2.3", client: "test"))
    feed(.supervise(RequestID(lastRequest), wish, ticket))
    return (RequestID(lastRequest), ticket.session, ticket.leg)
  }

  /// Puts a question of any kind.
  @discardableResult
  mutating func ask(_ question: (RequestID) -> CallInput) -> RequestID {
    lastRequest += 1
    feed(question(RequestID(lastRequest)))
    return RequestID(lastRequest)
  }

  /// Puts a question; by what it was refused, if it was.
  mutating func refused(_ question: (RequestID) -> CallInput) -> Refusal? {
    let request = ask(question)
    return refusal(request)
  }

  /// By what a request was refused, if it was.
  func refusal(_ request: RequestID) -> Refusal? {
    if case .failure(let refusal)? = replies[request] { return refusal }
    return done[request] ?? nil
  }

  @discardableResult
  mutating func change(_ session: SessionID, to mode: SupervisionMode, by principal: Principal = principal())
    -> RequestID
  {
    lastRequest += 1
    let change = ModeChange(
      mode: mode, principal: principal, reason: nil,
      origin: ActOrigin(channel: "rest", address: "192.0.2.3", client: "test"))
    feed(.changeMode(RequestID(lastRequest), session, change))
    return RequestID(lastRequest)
  }

  @discardableResult
  mutating func leave(_ session: SessionID, by principal: Principal = principal()) -> RequestID {
    lastRequest += 1
    feed(.leave(RequestID(lastRequest), session, by: principal, .system))
    return RequestID(lastRequest)
  }

  mutating func press(_ keys: String, on leg: LegID, by principal: Principal? = principal()) {
    for key in keys { feed(.key(leg, key, principal)) }
  }

  // MARK: The planes' part

  private mutating func perform(_ effects: [CallEffect]) {
    self.effects += effects
    for effect in effects {
      switch effect {
      case .signalling(let command):
        signalling.append(command)
        if case .end(let leg, let reason) = command { send(.ended(leg, reason)) }
      case .media(let command):
        media.append(command)
        answer(command)
      case .audit(let entry, _, let ticket):
        if auditWorks { entries.append(entry) }
        guard let ticket else { break }
        if auditHeld {
          heldTickets.append(ticket)
        } else {
          feed(auditWorks ? .auditWritten(ticket) : .auditFailed(ticket))
        }
      case .reply(let request, let outcome): replies[request] = outcome
      case .done(let request, let refusal): done[request] = .some(refusal)
      case .startTimer(let timer, let milliseconds): timers[timer] = milliseconds
      case .stopTimer(let timer): timers[timer] = nil
      case .route(let transfer, let number, let endpoint):
        routes.append((transfer, number, endpoint))
        if let routeAnswer { feed(.routed(transfer, routeAnswer)) }
      case .tell(let call, let message): told.append((call, message))
      case .illegal(let why): illegal.append(why)
      case .finished(let record): self.record = record
      }
    }
  }

  private mutating func answer(_ command: MediaCommand) {
    switch command {
    case .acceptOffer(let leg, let sdp):
      if sdp == "bad" { return send(.failed(leg.leg, .badDescription("no audio"))) }
      open.insert(leg.leg)
      if leg.transport == .webRTC { browsers.insert(leg.leg) }
      send(.offerAccepted(leg.leg, MediaDirection(rawValue: sdp) ?? .sendrecv))
    case .makeOffer(let leg, _):
      open.insert(leg.leg)
      if leg.transport == .webRTC { browsers.insert(leg.leg) }
      send(.description(leg.leg, sdp: "our offer"))
    case .acceptAnswer(let leg, let sdp, _):
      send(.answerAccepted(leg, MediaDirection(rawValue: sdp) ?? .sendrecv))
    case .makeAnswer(let leg, _):
      send(.description(leg, sdp: "our answer"))
      if browsers.contains(leg), browsersConnect { send(.connected(leg)) }
    case .apply(_, let revision): send(.applied(revision: revision, proof: mixed))
    case .play: break
    case .detachLeg(let leg):
      if call.seatedParticipant(leg)?.role == .supervisor { close(leg) } else { open.remove(leg) }
    case .attachLeg(let leg): open.insert(leg.leg)
    case .closeLeg(let leg): close(leg)
    case .closeCall:
      if holdsClosing { return }
      for leg in open.sorted(by: { $0.value < $1.value }) { close(leg) }
      send(.callClosed)
    }
  }

  private mutating func close(_ leg: LegID) {
    guard open.remove(leg) != nil else { return }
    var report = LegReport()
    let participant = call.seatOf(leg)
    report.proof = mixed.filter { $0.from == participant }
    send(.legClosed(leg, report))
  }
}

extension Call {
  /// Test access: who sits or sat on a leg.
  fileprivate func seatOf(_ leg: LegID) -> ParticipantID? { seatedParticipant(leg)?.id }
}
