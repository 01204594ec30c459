import Supervision

/// What is asked of the calls, and how the answers find back to whoever asked.
extension Switchboard {
  /// Puts a wish to supervise to the call. A call that isn't there any more answers like one that never was.
  func ask(
    _ call: CallID, _ wish: SuperviseRequest,
    answer: @escaping @Sendable (Result<SessionSnapshot, Refusal>) -> Void
  ) {
    let session = SessionID(Self.randomName())
    let ticket = state.withLock {
      state -> (AsyncStream<CallInput>.Continuation, RequestID, SupervisionTicket)? in
      guard let inbox = state.inboxes[call], !state.isStopping else { return nil }
      let engaged = state.engagements.values.contains {
        $0.user == wish.principal.user && $0.tenant == wish.principal.tenant && $0.call != call
      }
      state.engagements[session] = Engagement(
        tenant: wish.principal.tenant, user: wish.principal.user, call: call)
      state.lastLeg += 2
      let leg = LegID(state.lastLeg)
      if case .dialledIn(let own, _, _) = wish.device {
        state.legs.assign(own, to: call)
      } else {
        state.legs.assign(leg, to: call)
      }
      state.lastRequest += 1
      let request = RequestID(state.lastRequest)
      state.questions[request] = Question(call: call, session: session, answer: Self.withSession(answer))
      let ticket = SupervisionTicket(
        session: session, leg: leg, isEngagedElsewhere: engaged, isOverloaded: state.load >= .noSupervision)
      return (inbox, request, ticket)
    }
    guard let (inbox, request, ticket) = ticket else {
      auditRefusal(of: wish, call: call, .unknownCall)
      if case .dialledIn(let leg, _, _) = wish.device {
        state.withLock { $0.signalling }?.perform(.refuse(leg, .noCallForAgent))
      }
      return answer(.failure(.unknownCall))
    }
    if let pages = agentPages(call) { inbox.yield(pages) }
    inbox.yield(.supervise(request, wish, ticket))
  }

  /// Puts a question about an open session to its call.
  func ask(
    _ call: CallID, _ question: (RequestID) -> CallInput,
    answer: @escaping @Sendable (Result<SessionSnapshot, Refusal>) -> Void
  ) {
    if !enquire(call, question, Self.withSession(answer)) { answer(.failure(.unknownSession)) }
  }

  /// Puts something to a call that isn't about a session.
  /// - Returns: why it wasn't done.
  func put(_ call: CallID, _ question: @Sendable (RequestID) -> CallInput) async -> Refusal? {
    await withCheckedContinuation { (continuation: CheckedContinuation<Refusal?, Never>) in
      let isThere = enquire(call, question) { outcome in
        if case .failure(let refusal) = outcome {
          continuation.resume(returning: refusal)
        } else {
          continuation.resume(returning: nil)
        }
      }
      if !isThere { continuation.resume(returning: .unknownCall) }
    }
  }

  private static func withSession(_ answer: @escaping @Sendable (Result<SessionSnapshot, Refusal>) -> Void)
    -> @Sendable (Result<SessionSnapshot?, Refusal>) -> Void
  {
    { outcome in answer(outcome.flatMap { $0.map(Result.success) ?? .failure(.unknownSession) }) }
  }

  /// False where there is no such call; then nobody is answered.
  private func enquire(
    _ call: CallID, _ question: (RequestID) -> CallInput,
    _ answer: @escaping @Sendable (Result<SessionSnapshot?, Refusal>) -> Void
  ) -> Bool {
    let asked = state.withLock { state -> (AsyncStream<CallInput>.Continuation, RequestID)? in
      guard let inbox = state.inboxes[call] else { return nil }
      state.lastRequest += 1
      let request = RequestID(state.lastRequest)
      state.questions[request] = Question(call: call, session: nil, answer: answer)
      return (inbox, request)
    }
    guard let (inbox, request) = asked else { return false }
    if let pages = agentPages(call) { inbox.yield(pages) }
    inbox.yield(question(request))
    return true
  }

  func done(_ request: RequestID, _ refusal: Refusal?) {
    answer(request, refusal.map { .failure($0) } ?? .success(nil))
  }

  func answer(_ request: RequestID, _ outcome: Result<SessionSnapshot?, Refusal>) {
    let question = state.withLock { state -> Question? in
      guard let question = state.questions.removeValue(forKey: request) else { return nil }
      if let session = question.session, (try? outcome.get()?.id) != session {
        state.engagements[session] = nil
      }
      return question
    }
    question?.answer(outcome)
  }

  func auditRefusal(of wish: SuperviseRequest, call: CallID?, _ refusal: Refusal) {
    var entry = AuditEntry(
      tenant: wish.principal.tenant, action: .refused, time: clock.now().wall, origin: wish.origin,
      outcome: refusal.explanation)
    entry.supervisor = wish.principal.user
    entry.supervisorName = wish.principal.name
    entry.call = call
    entry.mode = wish.mode
    entry.monitoredExtension = wish.target
    entry.purpose = wish.purpose
    entry.reason = wish.reason
    audit.submit(entry, urgency: .after) { [log] outcome in
      if case .failure(let fault) = outcome { log("refusal not audited: \(fault.explanation)") }
    }
  }
}
