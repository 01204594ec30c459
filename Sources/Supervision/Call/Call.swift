/// One conversation and its state: the only place where it is decided what happens on a call.
///
/// A value without clock or I/O. `receive` takes what happened and when, changes the state, and returns what is to be
/// done, in order. The rules stand in extensions by subject: set-up, hold, sessions, modes, keys, ending.
package struct Call: Sendable {
  package let id: CallID
  package let created: Moment
  package let policy: Policy
  let setup: CallSetup

  package internal(set) var phase = CallPhase.connecting
  package internal(set) var facts: CallFacts
  /// Customers, agents and supervisors with a place on the call, in order of joining.
  package internal(set) var participants: [Participant] = []
  package internal(set) var sessions: [SupervisionSession] = []
  /// Those that ended long ago, oldest first.
  var pastSessions: [SessionSnapshot] = []
  package internal(set) var matrix = RoutingMatrix()
  /// Grows with each change that a watcher could see.
  package internal(set) var revision: UInt64 = 0

  var legs: [LegID: Leg] = [:]
  var holders: Set<ParticipantID> = []
  package internal(set) var handler: ParticipantID?
  var answeredAt: Moment?
  var endedAt: Moment?
  var endReason: HangupReason?
  /// Counts the matrices given to the media plane.
  var matrixRevision: UInt64 = 0
  /// What the player says to whom.
  var sounds: [ParticipantID: PlayerSound] = [:]
  var tickets: [AuditTicket: PendingAct] = [:]
  var lastTicket = AuditTicket(0)
  var lastParticipant = ParticipantID(0)
  /// Who sat on which leg, also when he has left.
  var seated: [LegID: Participant] = [:]
  var reports: [LegRecord] = []
  /// Also of legs that are closed.
  var quality: [LegID: QualityHistory] = [:]
  /// Agents with a page open, by address, as the shell said last.
  var agentPages: Set<String> = []
  var heldSince: Moment?
  var hand: RaisedHand?
  var notes: [CallNote] = []
  /// Those of the last minutes.
  var cues: [Cue] = []
  var lastCue = 0
  var isMediaClosed = false
  /// Somebody is on his way into the call.
  var transfer: Transfer?
  var lastTransfer: UInt64 = 0
  /// Transfers that were done, oldest first.
  var transfers: [TransferNote] = []
  var parked: ParkingNote?
  /// Who is called back if nobody fetches whom he parked.
  var parker: (party: Participant, endpoint: Endpoint)?
  /// Legs that were handed over, and the calls that have them now.
  var surrendered: [LegID: CallID] = [:]

  /// Something that waits for its audit entry.
  enum PendingAct: Hashable, Sendable {
    case open(SessionID)
    case raise(SessionID, RequestID?, SupervisionMode)
    case cue(SessionID, RequestID, String)
    /// A session stays on the call with somebody who has come by a transfer.
    case follow(SessionID, ParticipantID)
  }

  /// A call begins with an INVITE that was proved and routed.
  package static func begin(_ setup: CallSetup, at now: Moment) -> (call: Call, effects: [CallEffect]) {
    var call = Call(setup, at: now)
    let effects = call.takeFirstOffer()
    return (call, effects)
  }

  private init(_ setup: CallSetup, at now: Moment) {
    id = setup.id
    created = now
    policy = setup.policy
    facts = setup.facts
    self.setup = setup
  }

  /// Feeds one input. Illegal pairs change nothing and are named in the effects.
  package mutating func receive(_ input: CallInput, at now: Moment) -> [CallEffect] {
    revision += 1
    let effects = take(input, at: now)
    heldSince = holders.contains { !isReplaced($0) } ? heldSince ?? now : nil
    filePastSessions()
    return effects
  }

  private mutating func take(_ input: CallInput, at now: Moment) -> [CallEffect] {
    switch input {
    case .signalling(let event): return receive(event, at: now)
    case .media(let event): return receive(event, at: now)
    case .supervise(let request, let wish, let ticket): return supervise(request, wish, ticket, at: now)
    case .changeMode(let request, let session, let change):
      return changeMode(request, session, change, at: now)
    case .leave(let request, let session, let principal, let origin):
      return leave(request, session, by: principal, origin, at: now)
    case .talk(let request, let session, let talks, let principal):
      return talk(request, session, talks, by: principal, at: now)
    case .hear(let request, let session, let gains, let principal):
      return hear(request, session, gains, by: principal)
    case .cue(let request, let session, let text, let principal, let origin):
      return cue(request, session, text, by: principal, origin, at: now)
    case .note(let request, let text, let principal): return note(request, text, by: principal, at: now)
    case .hand(let request, let sign, let principal): return hand(request, sign, by: principal, at: now)
    case .consent(let request, let session, let accepts, let principal):
      return consent(request, session, accepts: accepts, by: principal, at: now)
    case .agentPages(let open):
      agentPages = open
      return []
    case .key(let leg, let key, let principal): return pressed(leg, key, by: principal, at: now)
    case .auditWritten(let ticket): return auditWritten(ticket, at: now)
    case .auditFailed(let ticket): return auditFailed(ticket, at: now)
    case .auditLost: return auditLost(at: now)
    case .timer(let timer): return fired(timer, at: now)
    case .routed(let transfer, let outcome): return routed(transfer, outcome, at: now)
    case .consulted(let consultation): return consulted(consultation)
    case .arrived(let arrival): return arrived(arrival)
    case .invite(let request, let number, let endpoint, let asker):
      return invite(request, number, from: endpoint, by: asker, at: now)
    case .message(let message): return receive(message, at: now)
    case .end(let reason): return end(reason, farewell: .refuse(.stopping), at: now)
    }
  }

  // MARK: Looking around

  func participant(_ id: ParticipantID) -> Participant? { participants.first { $0.id == id } }

  /// Who sits on a leg, or sat on it while it lived.
  package func seatedParticipant(_ leg: LegID) -> Participant? { seated[leg] }

  func leg(of participant: ParticipantID) -> LegID? { self.participant(participant)?.leg }

  func clock(_ now: Moment) -> Int64 { now.milliseconds(since: created) }

  /// Those who hold the conversation.
  package var parties: [Participant] { participants.filter { $0.role == .customer || $0.role == .agent } }

  var isOver: Bool { phase == .ending || phase == .ended }

  /// The agent whom a supervisor coaches unless he names another: the handler, or else the last agent who joined
  /// (in a call between two agents, the one who was called).
  var defaultTarget: Participant? {
    handler.flatMap(participant) ?? participants.last { $0.role == .agent }
  }

  mutating func nextParticipant() -> ParticipantID {
    lastParticipant = ParticipantID(lastParticipant.value + 1)
    return lastParticipant
  }

  mutating func nextTicket(for act: PendingAct) -> AuditTicket {
    lastTicket = AuditTicket(lastTicket.value + 1)
    tickets[lastTicket] = act
    return lastTicket
  }

  /// What a watcher may see, before it is cut to his scope.
  package var snapshot: CallSnapshot {
    var snapshot = CallSnapshot(
      id: id, phase: phase, facts: facts, participants: participants, heldBy: holders.sorted(),
      handler: handler,
      sessions: sessions.map(snapshot(of:)), matrix: matrix, created: created, answered: answeredAt,
      ended: endedAt, endReason: endReason, revision: revision)
    snapshot.heldSince = heldSince
    snapshot.hand = hand
    snapshot.notes = notes
    snapshot.cues = cues
    snapshot.quality = quality
    snapshot.isTransferring = transfer != nil
    snapshot.transfers = transfers
    snapshot.parked = parked
    return snapshot
  }

  func snapshot(of session: SupervisionSession) -> SessionSnapshot {
    var snapshot = SessionSnapshot(
      id: session.id, call: id, supervisor: session.principal.user, supervisorName: session.principal.name,
      participant: session.participant, target: session.target, mode: session.mode,
      phase: session.phase.shown, targetCanHear: participant(session.target)?.canHear ?? false,
      started: session.started, endReason: session.endReason)
    snapshot.movedTo = session.movedTo
    snapshot.modeSince = session.modeSince
    snapshot.talks = session.talks
    snapshot.spent = session.spent
    snapshot.awaitsConsent = session.asking != nil
    return snapshot
  }

  // MARK: Sound

  /// Computes the matrix anew and has it applied if it changed. `always`: also if not, where the proof must be
  /// read at this very point.
  mutating func reroute(always: Bool = false) -> [CallEffect] {
    let prompts = Dictionary(
      sessions.compactMap { session in session.prompt.map { (session.participant, $0) } },
      uniquingKeysWith: { _, last in last })
    let audible = participants.filter { $0.leg.flatMap { legs[$0] }.map(hasSound) == true }
    let next =
      isOver || !isConnected
      ? RoutingMatrix()
      : RoutingMatrix.routes(
        roster: audible, seats: sessions.compactMap(\.seat), holds: holders,
        isAwaiting: transfer?.hasLeft == true || parked != nil, prompted: Set(prompts.keys), policy: policy)
    var effects: [CallEffect] = []
    let listening = Set(next.listeners(to: .player))
    for listener in listening.sorted() {
      let sound = prompts[listener] ?? .hold
      if sounds.updateValue(sound, forKey: listener) != sound {
        effects.append(.media(.play(sound, to: listener)))
      }
    }
    sounds = sounds.filter { listening.contains($0.key) }
    guard next != matrix || always else { return effects }
    matrix = next
    matrixRevision += 1
    return effects + [.media(.apply(matrix, revision: matrixRevision))]
  }

  /// Sound flows from the answer on, or before it where the called side has sent a description (early media).
  private var isConnected: Bool { phase == .answered || phase == .early }

  private func hasSound(_ leg: Leg) -> Bool {
    switch leg.purpose {
    // A caller who asked for our offer has none until his answer to it.
    case .caller: leg.description != nil && (!leg.offersLate || leg.hasAnswer)
    case .callee: leg.hasAnswer
    case .newcomer, .supervisor: leg.phase == .answered
    }
  }
}
