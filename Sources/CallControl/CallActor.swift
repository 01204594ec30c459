import Supervision

/// The shell around one `Call`: an inbox that keeps the order of what happens, and the hands that carry out what the
/// value decides. Nothing here blocks: planes and audit take their commands at once and answer through the inbox.
actor CallActor {
  private var call: Call
  private let surroundings: CallSurroundings
  private let inbox: AsyncStream<CallInput>.Continuation
  private var timers: [CallTimer: Task<Void, Never>] = [:]
  private var published: CallSnapshot?

  init(_ call: Call, inbox: AsyncStream<CallInput>.Continuation, surroundings: CallSurroundings) {
    self.call = call
    self.inbox = inbox
    self.surroundings = surroundings
  }

  /// Carries out the first effects, then whatever the inbox brings, until the call is finished.
  func run(_ first: [CallEffect], _ inputs: AsyncStream<CallInput>) async {
    carryOut(first)
    for await input in inputs {
      carryOut(call.receive(input, at: surroundings.clock.now()))
    }
    for timer in timers.values { timer.cancel() }
  }

  /// Answers come last: who has one finds the call as it says.
  private func carryOut(_ effects: [CallEffect]) {
    var answers: [CallEffect] = []
    for effect in effects {
      switch effect {
      case .reply, .done: answers.append(effect)
      default: carryOut(effect)
      }
    }
    publish()
    for answer in answers { carryOut(answer) }
  }

  private func carryOut(_ effect: CallEffect) {
    switch effect {
    case .signalling(let command): surroundings.signalling.perform(command)
    case .media(let command): surroundings.media.perform(command, for: call.id)
    case .audit(let entry, let urgency, let ticket): write(entry, urgency, ticket)
    case .reply(let request, let outcome): surroundings.reply(request, outcome)
    case .done(let request, let refusal): surroundings.done(request, refusal)
    case .route(let transfer, let number, let endpoint): surroundings.route(transfer, number, endpoint)
    case .tell(let other, let message): surroundings.tell(other, message)
    case .startTimer(let timer, let milliseconds): start(timer, milliseconds)
    case .stopTimer(let timer): timers.removeValue(forKey: timer)?.cancel()
    case .illegal(let why): surroundings.log("call \(call.id): ignored \(why.rawValue)")
    case .finished(let record):
      publish()
      surroundings.finished(record)
      inbox.finish()
    }
  }

  private func write(_ entry: AuditEntry, _ urgency: AuditUrgency, _ ticket: AuditTicket?) {
    let id = call.id
    surroundings.audit.submit(entry, urgency: urgency) { [inbox, surroundings] outcome in
      if case .failure(let fault) = outcome {
        surroundings.log(
          "call \(id): audit entry '\(entry.action.rawValue)' not written: \(fault.explanation)")
      }
      guard let ticket else { return }
      if case .success = outcome {
        inbox.yield(.auditWritten(ticket))
      } else {
        inbox.yield(.auditFailed(ticket))
      }
    }
  }

  private func start(_ timer: CallTimer, _ milliseconds: Int64) {
    timers.removeValue(forKey: timer)?.cancel()
    timers[timer] = Task { [inbox, clock = surroundings.clock] in
      guard (try? await clock.sleep(milliseconds: milliseconds)) != nil, !Task.isCancelled else { return }
      inbox.yield(.timer(timer))
    }
  }

  /// Watchers are told of what they can see, not of every event.
  private func publish() {
    var snapshot = call.snapshot
    if var last = published {
      last.revision = snapshot.revision
      guard last != snapshot else { return }
    }
    snapshot.revision = call.revision
    published = snapshot
    surroundings.publish(snapshot)
  }
}

/// What a call needs of the world.
struct CallSurroundings: Sendable {
  let signalling: any SignallingPlane
  let media: any MediaPlane
  let audit: any AuditLog
  let clock: any CallClock
  let publish: @Sendable (CallSnapshot) -> Void
  let reply: @Sendable (RequestID, Result<SessionSnapshot, Refusal>) -> Void
  let done: @Sendable (RequestID, Refusal?) -> Void
  let route: @Sendable (TransferID, String, Endpoint) -> Void
  let tell: @Sendable (CallID, CallMessage) -> Void
  let finished: @Sendable (CallRecord) -> Void
  let log: @Sendable (String) -> Void
}
