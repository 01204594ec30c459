import Supervision

/// Entries that aren't on disk yet, in the order of their submission, and what becomes of each. A value without I/O.
///
/// queued → in flight (a transaction has it) → committed; a transaction that failed puts it back to the front.
/// At its deadline a queued gate is withdrawn: it is never written. A gate in flight can't be withdrawn any more; it is
/// reported as failed, and an entry that declares it void goes the way of what has happened, so that the chain tells
/// the truth whether the transaction succeeds late or not. Any other entry goes to the spool; whichever of
/// spool and database has it first completes it.
package struct AuditBacklog: Sendable {
  package typealias Completion = AuditSubmission.Completion

  private var queue: [AuditSubmission] = []
  private var inFlight: [AuditSubmission] = []
  private var isClosed = false
  /// The spool is busy with what `expire` gave.
  private var isSpooling = false
  private let limit: Int

  package init(limit: Int) { self.limit = limit }

  package enum Admission: Hashable, Sendable {
    /// `wake`: nobody has been told of the queue yet.
    case admitted(wake: Bool)
    case closed, full
  }

  package mutating func admit(_ submission: AuditSubmission) -> Admission {
    guard !isClosed else { return .closed }
    guard queue.count + inFlight.count < limit else { return .full }
    queue.append(submission)
    return .admitted(wake: queue.count == 1)
  }

  /// From now on nothing is admitted. False if it was so already.
  package mutating func close() -> Bool {
    defer { isClosed = true }
    return !isClosed
  }

  // MARK: the database

  package var hasQueued: Bool { !queue.isEmpty }

  /// What the next transaction is to write. Follow by `committed` or `rolledBack`.
  package mutating func take(atMost count: Int) -> [AuditSubmission] {
    inFlight = Array(queue.prefix(count))
    queue.removeFirst(inFlight.count)
    return inFlight
  }

  /// The transaction is on disk. Gives what is still to be told of it.
  package mutating func committed() -> [(id: SubmissionID, completion: Completion)] {
    defer { inFlight = [] }
    return inFlight.compactMap { submission in submission.completion.map { (submission.id, $0) } }
  }

  /// The transaction left nothing behind. What was answered meanwhile is dropped: it failed, or is in the spool.
  package mutating func rolledBack() {
    queue.insert(contentsOf: inFlight.filter { $0.completion != nil }, at: 0)
    inFlight = []
  }

  // MARK: deadlines and spool

  package struct Expired: Sendable {
    package var failed: [Completion] = []
    /// In their order. Follow by `spooled`, with those that the spool took.
    package var toSpool: [AuditSubmission] = []
  }

  /// Deals with those whose deadline has come. `void` makes the entry that declares another one void.
  ///
  /// What the spool didn't take is given again the next time, before all that came later: so the order is kept.
  package mutating func expire(at now: ContinuousClock.Instant, void: (AuditEntry) -> AuditEntry) -> Expired {
    var expired = Expired()
    var voids: [AuditSubmission] = []
    for index in inFlight.indices where inFlight[index].isGate(overdueAt: now) {
      guard let completion = inFlight[index].takeCompletion() else { continue }
      expired.failed.append(completion)
      voids.append(
        AuditSubmission(void(inFlight[index].entry), urgency: .after, deadline: now, completion: { _ in }))
    }
    for index in queue.indices where queue[index].isGate(overdueAt: now) {
      queue[index].takeCompletion().map { expired.failed.append($0) }
    }
    queue = voids + queue.filter { $0.completion != nil }
    if !isSpooling {
      expired.toSpool = (inFlight + queue).filter {
        $0.urgency == .after && $0.deadline <= now && $0.completion != nil
      }
      isSpooling = !expired.toSpool.isEmpty
    }
    return expired
  }

  /// These are in the spool, for good. Gives what is to be told of it.
  package mutating func spooled(_ ids: Set<SubmissionID>) -> [(tenant: TenantID, completion: Completion)] {
    var told: [(tenant: TenantID, completion: Completion)] = []
    for index in inFlight.indices where ids.contains(inFlight[index].id) {
      inFlight[index].takeCompletion().map { told.append((inFlight[index].entry.tenant, $0)) }
    }
    for index in queue.indices where ids.contains(queue[index].id) {
      queue[index].takeCompletion().map { told.append((queue[index].entry.tenant, $0)) }
    }
    queue.removeAll { $0.completion == nil }
    isSpooling = false
    return told
  }

  /// The next one that is still to come.
  package func nextDeadline(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    (inFlight + queue).lazy.filter { $0.completion != nil && $0.deadline > now }.map(\.deadline).min()
  }
}

extension AuditSubmission {
  fileprivate func isGate(overdueAt now: ContinuousClock.Instant) -> Bool {
    urgency == .gate && completion != nil && deadline <= now
  }
}
