/// One supervisor on one call, aimed at one participant: its state within the call.
package struct SupervisionSession: Hashable, Sendable {
  package enum Phase: Hashable, Sendable {
    case authorising, connecting, live
    /// The connection is lost; he may return.
    case away
    /// He is out; the closing entry waits for the last counters.
    case closing
    case ended

    var shown: SessionPhase {
      switch self {
      case .authorising: .authorising
      case .connecting: .connecting
      case .live: .live
      case .away: .away
      case .closing, .ended: .ended
      }
    }
  }

  package let id: SessionID
  package let participant: ParticipantID
  package let started: Moment
  /// Whom he set out to coach, for the audit: extension and name.
  package var agent: Participant
  package var request: SuperviseRequest
  package var target: ParticipantID
  package var mode: SupervisionMode
  package var phase = Phase.authorising
  package var leg: LegID
  package var endReason: String?
  /// The session by which it goes on in another call, if it does.
  package var movedTo: SessionID?
  /// What he asked and is waiting to hear about.
  var pending: RequestID?
  var raise: AuditTicket?
  /// He had the call's customer when his connection was lost.
  var hasLostHandling = false
  /// He comes back to a session that was lost.
  var isReturning = false
  var hasBeenLive = false
  /// Came from another call with its connection: nothing has to be called or answered.
  var isConnected = false
  /// Pressed once; to be pressed again.
  var confirming: SupervisionMode?
  var prompt: PlayerSound?
  /// Wants to whisper, and the agent hasn't said yes or no yet.
  var asking: ModeChange?
  /// Asked to begin in whisper, where the agent is asked first: he listens until then.
  var wantsWhisper = false
  /// How loud he hears whom, dB; only his own ear.
  var gains: [ParticipantID: Float] = [:]
  var modeSince: Moment?
  /// Those who have come by a transfer of which the audit doesn't know yet: he and they don't hear one another.
  var barred: Set<ParticipantID> = []

  /// His voice is open to those whom the mode names.
  private(set) var talks: Bool
  /// Whether it was when his connection was lost or left: a handler comes back with the voice he had.
  private(set) var talked = false
  private var talkStart: Int64?
  private var talkCount = 0
  private var talkTime: Int64 = 0

  // What the closing entry tells.
  private(set) var spans: [ModeSpan] = []
  private var spanStart: Int64?
  private(set) var heard: [SupervisionMode: [ParticipantID: UInt64]] = [:]
  private var counted: [ParticipantID: UInt64] = [:]
  /// Up to the matrix of this revision, what was counted belongs to this mode.
  private var boundaries: [Boundary] = []

  private struct Boundary: Hashable, Sendable {
    var revision: UInt64
    var before: SupervisionMode
  }

  package init(
    id: SessionID, participant: ParticipantID, agent: Participant, leg: LegID, request: SuperviseRequest,
    started: Moment
  ) {
    self.id = id
    self.participant = participant
    self.agent = agent
    target = agent.id
    self.leg = leg
    self.request = request
    self.started = started
    mode = request.mode
    if case .webRTC = request.device { talks = false } else { talks = true }
  }

  package var principal: Principal { request.principal }

  /// He is responsible for the customer, now or as soon as he is back.
  var isHandling: Bool { mode == .takeover && (phase == .live || hasLostHandling) }

  /// He speaks only while he presses to talk.
  var isBrowser: Bool { if case .webRTC = request.device { true } else { false } }

  var isOpen: Bool { phase != .closing && phase != .ended }

  /// His place in the matrix.
  var seat: RoutingMatrix.Seat? {
    if phase == .live {
      return .init(participant, target: target, mode: mode, talks: talks, gains: gains, barred: barred)
    }
    return hasLostHandling && isOpen
      ? .init(participant, target: target, mode: .takeover, isAway: true) : nil
  }

  // MARK: Spans and counters

  mutating func beginSpan(at clock: Int64) {
    endSpan(at: clock)
    spanStart = clock
  }

  mutating func endSpan(at clock: Int64) {
    if let spanStart { spans.append(ModeSpan(mode: mode, from: spanStart, to: clock)) }
    spanStart = nil
  }

  /// Ends what runs: he is away, or gone.
  mutating func pause(at clock: Int64) {
    endSpan(at: clock)
    // Who is away already was paused before, with the voice he had then.
    if modeSince != nil { talked = talks }
    modeSince = nil
    if isBrowser { speak(false, at: clock) }
  }

  /// Opens or closes his voice; only a browser's opening is counted.
  mutating func speak(_ opens: Bool, at clock: Int64) {
    talks = opens
    if let start = talkStart, !opens {
      talkTime += clock - start
      talkStart = nil
    } else if talkStart == nil, opens, isBrowser {
      talkCount += 1
      talkStart = clock
    }
  }

  /// Milliseconds in each mode, of the spans that are over.
  var spent: [SupervisionMode: Int64] {
    spans.reduce(into: [:]) { $0[$1.mode, default: 0] += $1.to - $1.from }
  }

  /// How it ended, and how often and how long a browser's voice was open.
  var outcome: String {
    let end = endReason ?? "ended"
    guard isBrowser else { return end }
    let times = talkCount == 1 ? "once" : "\(talkCount) times"
    return "\(end); spoke \(times), \(talkTime / 1_000).\(talkTime % 1_000 / 100) s"
  }

  /// The mode changes with the matrix of this revision.
  mutating func markBoundary(at revision: UInt64) {
    boundaries.append(Boundary(revision: revision, before: mode))
  }

  /// Takes the cumulative counters that came with the matrix of `revision`, or (nil) with the end of the leg.
  mutating func count(_ proof: [MixProof], at revision: UInt64?) {
    let mode = revision.flatMap { now in boundaries.first { $0.revision >= now }?.before } ?? self.mode
    for entry in proof where entry.from == participant {
      let before = counted.updateValue(entry.samples, forKey: entry.to) ?? 0
      heard[mode, default: [:]][entry.to, default: 0] += entry.samples - min(before, entry.samples)
    }
    if let revision {
      boundaries.removeAll { $0.revision <= revision }
    } else {
      counted = [:]
      boundaries = []
    }
  }
}
