import Locking
import Supervision
import Testing

@testable import Signalling

let offer =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
let answer = offer.replacing("4000", with: "5000")
let tenant = TenantID("acme")
let bob = SIPCredentials(user: "bob", password: "secret of bob")

/// A plane with one trunk (127.0.0.2, trusted), one more (127.0.0.3, not trusted) and one user, and all that it says.
final class PlaneFixture: Sendable {
  let plane: SIPPlane
  let port: UInt16
  private let floor: Floor

  /// What the plane has told, and who waits for it.
  final class Floor: Sendable {
    struct Log {
      var events: [SignallingEvent] = []
      var lines: [String] = []
      var reading: [(test: @Sendable (String) -> Bool, CheckedContinuation<String, Never>)] = []
      var waiting:
        [(test: @Sendable (SignallingEvent) -> Bool, CheckedContinuation<SignallingEvent, Never>)] = []
    }

    let log = Lock(Log())
    /// Milliseconds, moved by hand.
    let clock = Lock<UInt64>(1_000_000)

    func take(line: String) {
      log.withLock { log in
        log.lines.append(line)
        for reader in log.reading where reader.test(line) { reader.1.resume(returning: line) }
        log.reading.removeAll { $0.test(line) }
      }
    }

    func take(_ event: SignallingEvent) {
      log.withLock { log in
        log.events.append(event)
        for waiter in log.waiting where waiter.test(event) { waiter.1.resume(returning: event) }
        log.waiting.removeAll { $0.test(event) }
      }
    }
  }

  static func settings() throws -> SignallingSettings {
    SignallingSettings(
      address: "127.0.0.1", port: 0,
      trunks: [
        .init(
          name: "carrier", tenant: tenant, sources: [try #require(SourceNetwork("127.0.0.2/32"))],
          nextHop: "127.0.0.2:1", trusted: true),
        .init(name: "other", tenant: tenant, sources: [try #require(SourceNetwork("127.0.0.3"))]),
      ],
      accounts: [.init(user: UserID("bob"), tenant: tenant, password: bob.password)])
  }

  init(_ settings: SignallingSettings? = nil) async throws {
    let floor = Floor()
    self.floor = floor
    plane = SIPPlane(
      try settings ?? Self.settings(), clock: { floor.clock.withLock { $0 } },
      log: { floor.take(line: $0) }, onEvent: { floor.take($0) })
    try await plane.start()
    port = await plane.port
  }

  func advance(milliseconds: UInt64) { floor.clock.withLock { $0 += milliseconds } }

  var lines: [String] { floor.log.withLock { $0.lines } }
  var events: [SignallingEvent] { floor.log.withLock { $0.events } }

  /// What has come so far no longer counts.
  func forget() { floor.log.withLock { $0.events.removeAll() } }

  /// The first event that passes, past ones included.
  func event(_ test: @escaping @Sendable (SignallingEvent) -> Bool) async -> SignallingEvent {
    await withCheckedContinuation { continuation in
      floor.log.withLock { log in
        if let past = log.events.first(where: test) {
          continuation.resume(returning: past)
        } else {
          log.waiting.append((test, continuation))
        }
      }
    }
  }

  /// The first line of the log that passes, past ones included.
  func line(_ test: @escaping @Sendable (String) -> Bool) async -> String {
    await withCheckedContinuation { continuation in
      floor.log.withLock { log in
        if let past = log.lines.first(where: test) {
          continuation.resume(returning: past)
        } else {
          log.reading.append((test, continuation))
        }
      }
    }
  }

  func incoming() async -> IncomingInvite {
    let event = await event { if case .incoming = $0 { true } else { false } }
    guard case .incoming(let invite) = event else { fatalError("not reached: the test above let it through") }
    return invite
  }

  func ended(_ leg: LegID) async -> HangupReason {
    let event = await event { if case .ended(leg, _) = $0 { true } else { false } }
    guard case .ended(_, let reason) = event else { fatalError("not reached: the test above let it through") }
    return reason
  }

  func failed(_ leg: LegID) async -> SIPFailure {
    let event = await event { if case .failed(leg, _) = $0 { true } else { false } }
    guard case .failed(_, let failure) = event else {
      fatalError("not reached: the test above let it through")
    }
    return failure
  }

  /// A peer of the trunk `carrier`.
  func carrier() async throws -> Wire {
    let wire = Wire(SIPStackSettings(address: "127.0.0.2"))
    _ = try await wire.open()
    return wire
  }

  /// A phone that has registered as bob.
  func phone(_ react: (@Sendable (isolated SIPStack, SIPEvent) -> Void)? = nil) async throws -> Wire {
    let wire = Wire()
    if let react { wire.onEvent(react) }
    _ = try await wire.open()
    let registration = await wire.stack.register(bob, registrar: "127.0.0.1:\(port)")
    #expect(await wire.response(.register, registration).status == 200)
    return wire
  }

  func call(from wire: Wire, to user: String = "1001", headers: [String] = []) async -> SIPDialog {
    await wire.stack.invite(
      OutgoingInvite(
        uri: "sip:\(user)@127.0.0.1:\(port)", fromUser: "4930123", fromName: "Carla", sdp: offer,
        headers: headers))
  }

  /// A call of that peer's, answered.
  func established(from wire: Wire) async -> (call: SIPDialog, leg: LegID) {
    let call = await call(from: wire)
    let leg = await incoming().leg
    plane.perform(.answer(leg, sdp: answer))
    _ = await event { $0 == .acknowledged(leg) }
    return (call, leg)
  }

  /// Dials bob's phone on leg 2.
  func dialBob(ringTimeout: Int = 60, autoAnswer: Bool = false) {
    plane.perform(
      .dial(
        LegID(2), .user(tenant, UserID("bob")), sdp: offer,
        caller: CallerIdentity(user: "4930123", name: "Carla"),
        options: DialOptions(autoAnswer: autoAnswer, ringTimeout: ringTimeout)))
  }

  /// Waits until the plane has let go of every leg. Then nothing of them may be left, on either side of it.
  func expectNoLegLeft() async {
    await plane.idle()
    #expect(await plane.stack.liveDialogs == 0)
    #expect(await plane.stack.liveTimers == 0)
  }

  /// Waits until nothing can come any more of INVITEs that were given up for another next hop.
  func expectNoAbandoned() async {
    let deadline = ContinuousClock.now + .seconds(10)
    while await !plane.trunks.abandoned.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
    #expect(await plane.trunks.abandoned.isEmpty)
  }

  /// Stops everything.
  func close(_ wires: Wire...) async {
    await plane.stop()
    for wire in wires { await wire.stack.stop() }
  }
}

/// Answers every INVITE at once.
let answersAtOnce: @Sendable (isolated SIPStack, SIPEvent) -> Void = { stack, event in
  if case .request(let request) = event, request.method == .invite {
    stack.respond(request.dialog, status: 200, phrase: "OK", sdp: answer)
  }
}

/// Refuses every INVITE.
func refuses(_ status: Int, _ phrase: String) -> @Sendable (isolated SIPStack, SIPEvent) -> Void {
  { stack, event in
    if case .request(let request) = event, request.method == .invite {
      stack.respond(request.dialog, status: status, phrase: phrase)
    }
  }
}
