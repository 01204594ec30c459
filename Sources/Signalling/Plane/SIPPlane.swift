import Glibc
import Supervision

/// The signalled side of calls over SIP: a back-to-back user agent's dialogs, a registrar, and the door at which
/// everyone is asked who he is. Pinned to its stack's thread: what the wire brings is handled at once, commands in the
/// order of their calls.
///
/// Make it, `start` it, `stop` it.
package actor SIPPlane: SignallingPlane {
  package nonisolated let stack: SIPStack
  package nonisolated var unownedExecutor: UnownedSerialExecutor { stack.unownedExecutor }

  let settings: SignallingSettings
  let accounts: [UserID: SignallingSettings.Account]
  let clock: @Sendable () -> UInt64
  let log: @Sendable (String) -> Void
  private let onEvent: @Sendable (SignallingEvent) -> Void

  var legs: [LegID: SIPLeg] = [:]
  private var legOfDialog: [SIPDialog: LegID] = [:]
  /// Odd: those of calls to be dialled are even and come with the command.
  private var nextIncoming: UInt64 = 1
  var authenticator: DigestAuthenticator
  var registrar: Registrar
  /// Connections by which registered phones are reached, and what is under way on each.
  var flows: [String: SIPFlow] = [:]
  var flowOfCheck: [SIPDialog: String] = [:]
  var trunks = TrunkStates()
  /// Lamps of phones, and which one a dialog is for.
  var lamps: [SubscriptionID: SIPLamp] = [:]
  var lampOfDialog: [SIPDialog: SubscriptionID] = [:]
  var lastLamp: UInt64 = 0
  private var doorLog = TokenBucket(capacity: 10, perSecond: 1)
  private var tally = SignallingCounters()
  var isStopping = false
  private var whenIdle: [CheckedContinuation<Void, Never>] = []

  /// What was counted, and what is there now.
  package var counters: SignallingCounters {
    var counters = tally
    counters.liveLegs = legs.count
    counters.registrations = registrar.count(at: clock())
    counters.flows = flows.count
    counters.lamps = lamps.count
    counters.connections = wire { $0.openConnections }
    counters.nextHops = settings.trunks.reduce(0) { $0 + $1.nextHops.count }
    counters.nextHopsUp = counters.nextHops - trunks.hops.values.count { !$0.health.isUp }
    counters.trunkRegistrationsWanted = trunks.registrations.count
    counters.trunkRegistrations = trunks.registrations.values.count { $0.isInForce }
    return counters
  }

  /// The bound port.
  package var port: UInt16 { wire { $0.port } }
  /// That of TLS; 0 where it isn't spoken.
  package var securePort: UInt16 { wire { $0.securePort } }

  /// - Parameters:
  ///   - clock: milliseconds that never run backwards; for nonces, registrations and rates.
  ///   - log: lines for the operator; must not block.
  ///   - onEvent: called on the signalling thread, in order; must not block.
  package init(
    _ settings: SignallingSettings, clock: @escaping @Sendable () -> UInt64 = SIPPlane.uptime,
    log: @escaping @Sendable (String) -> Void, onEvent: @escaping @Sendable (SignallingEvent) -> Void
  ) {
    self.settings = settings
    self.clock = clock
    self.log = log
    self.onEvent = onEvent
    accounts = Dictionary(settings.accounts.map { ($0.user, $0) }) { first, _ in first }
    authenticator = DigestAuthenticator(
      realm: settings.realm, hashes: settings.digests, lifetime: settings.nonceLifetime)
    registrar = Registrar(minimum: settings.minimumExpires, maximum: settings.maximumExpires)
    var wire = SIPStackSettings(
      address: settings.address, port: settings.port, advertisedAddress: settings.advertisedAddress,
      userAgent: "Earshot",
      allowed: [
        .invite, .ack, .bye, .cancel, .options, .prack, .update, .info, .register, .refer, .subscribe,
      ],
      announced: [.invite, .ack, .bye, .cancel, .options, .prack, .update, .info, .refer, .subscribe],
      transactionTimeout: settings.transactionTimeout)
    wire.events = [DialogInfo.event]
    wire.tcp = settings.tcp
    wire.tls = settings.tls
    wire.idleConnection = settings.idleConnection
    wire.readHeaders = settings.routingHeaders
    wire.extensions = [.reliableProvisional, .sessionTimer, .replaces]
    stack = SIPStack(wire)
  }

  /// Milliseconds since the machine was started.
  package static let uptime: @Sendable () -> UInt64 = {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  // MARK: Life

  package func start() async throws(SIPStackError) {
    try await stack.open { [self] _, event in assumeIsolated { $0.receive(event) } }
    beginChecks()
    beginRegistrations()
  }

  /// Hangs up what is left, lets the peers confirm it, and closes the port.
  package func stop(_ reason: HangupReason = HangupReason(cause: 503, text: "Earshot is stopping")) async {
    guard !isStopping else { return }
    isStopping = true
    endLamps()
    for id in legs.keys.sorted(by: { $0.value < $1.value }) { end(id, reason) }
    if !legs.isEmpty {
      let timer = wire { stack in
        stack.after(milliseconds: settings.farewell) { [weak self] _ in self?.assumeIsolated { $0.goOn() } }
      }
      await idle()
      wire { $0.cancel(timer) }
    }
    await stack.stop()
    legs.removeAll()
    legOfDialog.removeAll()
    flows.removeAll()
    flowOfCheck.removeAll()
    trunks = TrunkStates()
  }

  /// Returns when there is no leg.
  package func idle() async {
    guard !legs.isEmpty else { return }
    await withCheckedContinuation { whenIdle.append($0) }
  }

  private func goOn() {
    for continuation in whenIdle { continuation.resume() }
    whenIdle = []
  }

  /// The stack shares this actor's thread, so it is called without a hop.
  func wire<T: Sendable>(_ body: (isolated SIPStack) -> T) -> T {
    // Safe: `body` is called before this returns, on the thread that both actors are pinned to.
    nonisolated(unsafe) let body = body
    return stack.assumeIsolated { body($0) }
  }

  func report(_ event: SignallingEvent) { onEvent(event) }

  func count(_ counter: WritableKeyPath<SignallingCounters, UInt64>) { tally[keyPath: counter] += 1 }

  /// A line about someone at the door, unless there were too many of late.
  func logAtDoor(_ line: String) {
    guard let held = doorLog.take(at: clock()) else { return }
    log(held == 0 ? line : "\(line) (and \(held) more refusals that were not logged)")
  }

  // MARK: Legs

  func newIncomingLeg(_ dialog: SIPDialog) -> LegID {
    let id = LegID(nextIncoming)
    nextIncoming += 2
    add(SIPLeg(id: id, dialog: dialog, state: .invited))
    return id
  }

  func add(_ leg: SIPLeg) {
    legs[leg.id] = leg
    legOfDialog[leg.dialog] = leg.id
  }

  /// The leg goes on in another dialog.
  func move(_ id: LegID, to dialog: SIPDialog) {
    guard let leg = legs[id] else { return }
    legOfDialog[leg.dialog] = nil
    legs[id]?.dialog = dialog
    legOfDialog[dialog] = id
  }

  /// What comes of this dialog is the leg's matter no more.
  func detach(_ dialog: SIPDialog, of id: LegID) { legOfDialog[dialog] = nil }

  /// Tells the end once.
  func reportEnd(_ id: LegID, _ event: SignallingEvent) {
    guard let leg = legs[id], !leg.isReported else { return }
    legs[id]?.isReported = true
    report(event)
  }

  /// Calls again on a leg, by an INVITE in a dialog of its own.
  func redial(_ id: LegID, _ invite: OutgoingInvite) {
    guard let leg = legs[id] else { return }
    let dialog = wire { stack in
      stack.release(leg.dialog)
      return stack.invite(invite)
    }
    move(id, to: dialog)
    legs[id]?.invite = invite
    trunks.attempts[id]?.call = invite
    legs[id]?.state = .dialling(isHeard: false)
  }

  /// Forgets a leg and gives its dialog back.
  func remove(_ id: LegID) {
    stopTimers(id)
    guard let leg = legs.removeValue(forKey: id) else { return }
    legOfDialog[leg.dialog] = nil
    let patience = trunks.settle(id)
    let isAbandoned = trunks.abandoned.contains(leg.dialog)
    wire { stack in
      if let timer = leg.timer { stack.cancel(timer) }
      if let patience { stack.cancel(patience) }
      if !isAbandoned { stack.release(leg.dialog) }
    }
    if legs.isEmpty { goOn() }
  }

  /// Sets a leg's one timer; the one before is cancelled.
  func setTimer(_ id: LegID, milliseconds: Int, _ action: @escaping @Sendable (isolated SIPPlane) -> Void) {
    cancelTimer(id)
    let timer = wire { stack in
      stack.after(milliseconds: milliseconds) { [weak self] _ in
        self?.assumeIsolated { plane in
          plane.legs[id]?.timer = nil
          action(plane)
        }
      }
    }
    legs[id]?.timer = timer
  }

  func cancelTimer(_ id: LegID) {
    guard let timer = legs[id]?.timer else { return }
    legs[id]?.timer = nil
    wire { $0.cancel(timer) }
  }

  // MARK: Wire

  private func receive(_ event: SIPEvent) {
    switch event {
    case .request(let request):
      if request.isInDialog, let id = legOfDialog[request.dialog] {
        inDialog(request, id)
      } else if let id = lampOfDialog[request.dialog], request.isInDialog {
        inLamp(request, id)
      } else {
        atDoor(request)
      }
    case .response(let response):
      guard let id = legOfDialog[response.dialog] else { return answeredBesides(response) }
      answered(response, id)
    case .terminated(let dialog):
      guard let id = legOfDialog[dialog] else { return forgetAbandoned(dialog) }
      terminated(id)
    case .failure(let dialog, let status, let phrase):
      guard let dialog, let id = legOfDialog[dialog] else { return }
      failed(id, status: status, phrase: phrase)
    }
  }

  /// An answer to what is no leg's matter.
  private func answeredBesides(_ response: SIPResponse) {
    if lampAnswered(response) || abandonedAnswered(response) || checkAnswered(response)
      || registrationAnswered(response)
    {
      return
    }
    flowAnswered(response)
  }
}
