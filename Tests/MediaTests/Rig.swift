import Audio
import CLinux
import Dispatch
import Locking
import RTP
import Supervision
import Synchronization
import Testing

@testable import Media

/// A media plane with phones on loopback and a clock that the test moves. Lives on a thread of its own, so that
/// waiting for packets blocks nobody else.
final class Rig {
  static let customer = ParticipantID(1)
  static let agent = ParticipantID(2)
  static let supervisor = ParticipantID(3)
  static let second = ParticipantID(4)

  let clock = ManualClock()
  let engine: MediaEngine
  let call = CallID("call-1")
  private let events = EventQueue()
  private let helper = ThreadExecutor()
  private var revision: UInt64 = 0
  private var nextLeg: UInt64 = 1
  private(set) var legs: [ParticipantID: LegID] = [:]
  private var roles: [ParticipantID: Role] = [:]

  /// Each rig and each phone has ports of its own, for tests run side by side. Below the ports that the system
  /// gives out by itself.
  private static let ports = Atomic<UInt16>(12_000)

  static func freePorts(_ count: UInt16) -> UInt16 {
    ports.wrappingAdd(count, ordering: .relaxed).oldValue
  }

  init(workers: Int, pairs: UInt16, levels: Bool = true) throws {
    let first = Self.freePorts(pairs * 2)
    var settings = MediaSettings(
      bindAddress: "127.0.0.1", advertisedAddress: "127.0.0.1", ports: first...(first + pairs * 2 - 1),
      workers: workers)
    if !levels { settings.levelInterval = 0 }
    let events = events
    let clock = clock
    engine = try MediaEngine(settings, clock: { clock.now }, onEvent: { events.append($0, $1) })
  }

  /// Runs a scenario on a thread of its own and stops the plane afterwards; nothing may be left open.
  static func run(
    workers: Int = 1, pairs: UInt16 = 16,
    levels: Bool = true, _ body: @escaping @Sendable (Rig) throws -> Void
  ) async throws {
    let engine = try await withTaskExecutorPreference(ThreadExecutor()) {
      try blocking(workers, pairs, levels, body)
    }
    let left = await engine.counters()
    #expect(left.calls == 0 && left.legs == 0 && left.sockets == 0 && left.timers == 0)
    #expect(engine.portUse.used == 0)
    await engine.stop()
  }

  private static func blocking(
    _ workers: Int, _ pairs: UInt16, _ levels: Bool, _ body: (Rig) throws -> Void
  ) throws -> MediaEngine {
    let rig = try Rig(workers: workers, pairs: pairs, levels: levels)
    try body(rig)
    try rig.closeCall()
    return rig.engine
  }

  func perform(_ command: MediaCommand) { engine.perform(command, for: call) }

  /// Waits for an event that the test names.
  @discardableResult
  func await<Value>(_ what: String, _ match: (MediaEvent) -> Value?) throws -> Value {
    let value = events.next(match)
    return try #require(value, "no event: \(what)")
  }

  /// Whether such an event has come and was not asked for.
  func has(_ match: (MediaEvent) -> Bool) -> Bool { events.contains(match) }

  /// A phone in the call, by an offer of its own.
  func join(
    _ participant: ParticipantID, _ role: Role, law: G711Law = .mu, ptime: Int = 20, codecs: String? = nil,
    extra: String = "", sources: SourcePolicy = SourcePolicy(signallingAddress: nil)
  ) throws -> TestPhone {
    let phone = try TestPhone(port: Self.freePorts(2), law: law)
    let leg = LegID(nextLeg)
    nextLeg += 1
    legs[participant] = leg
    roles[participant] = role
    let mediaLeg = MediaLeg(leg: leg, participant: participant, role: role, sources: sources)
    perform(.acceptOffer(mediaLeg, sdp: phone.sdp(ptime: ptime, codecs: codecs, extra: extra)))
    perform(.makeAnswer(leg, like: nil))
    try phone.take(description(leg))
    return phone
  }

  /// A browser in the call, by an offer of its own; not connected yet.
  func invite(
    _ browser: TestBrowser, _ participant: ParticipantID, _ role: Role, codecs: String = "0 126",
    like: LegID? = nil
  ) throws -> LegID {
    let leg = LegID(nextLeg)
    nextLeg += 1
    legs[participant] = leg
    let mediaLeg = MediaLeg(
      leg: leg, participant: participant, role: role, sources: SourcePolicy(signallingAddress: nil),
      transport: .webRTC)
    perform(.acceptOffer(mediaLeg, sdp: browser.sdp(codecs: codecs)))
    perform(.makeAnswer(leg, like: like))
    try browser.take(description(leg))
    return leg
  }

  /// The same, connected.
  @discardableResult
  func joinBrowser(
    _ participant: ParticipantID, _ role: Role, codecs: String = "0 126", like: LegID? = nil,
    profiles: String = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
  ) throws -> TestBrowser {
    let browser = try TestBrowser(port: Self.freePorts(2), profiles: profiles)
    let leg = try invite(browser, participant, role, codecs: codecs, like: like)
    browser.send(raw: browser.check())
    try #require(browser.stunAnswer()?.kind == STUNMessage.Kind.bindingSuccess)
    try #require(browser.handshake())
    try self.await("connected") { $0 == .connected(leg) ? true : nil }
    return browser
  }

  func description(_ leg: LegID) throws -> String {
    try self.await("description") { event in
      if case .description(leg, let sdp) = event { sdp } else { nil }
    }
  }

  /// Customer and agent.
  func parties(_ customer: G711Law = .mu, _ agent: G711Law = .mu) throws -> (TestPhone, TestPhone) {
    (try join(Self.customer, .customer, law: customer), try join(Self.agent, .agent, law: agent))
  }

  /// `a>b` pairs: c customer, a agent, s and t supervisors, p player. Answers when it is in force.
  @discardableResult
  func apply(_ text: String, ducking: Bool = false) throws -> [MixProof] {
    let names: [Character: ParticipantID] = [
      "c": Self.customer, "a": Self.agent, "s": Self.supervisor, "t": Self.second, "p": .player,
    ]
    var routes: [Route] = []
    for pair in text.split(separator: " ") {
      let from = try #require(pair.first.flatMap { names[$0] })
      let to = try #require(pair.last.flatMap { names[$0] })
      routes.append(Route(from: from, to: to))
    }
    revision += 1
    let expected = revision
    let duckings = ducking ? [RoutingMatrix.Ducking(listener: Self.agent, speaker: Self.supervisor)] : []
    perform(.apply(RoutingMatrix(routes, ducking: duckings), revision: expected))
    return try self.await("applied") { event in
      if case .applied(expected, let proof) = event { proof } else { nil }
    }
  }

  /// `pthread_t` of the worker that told the last event.
  var worker: UInt { events.thread.load(ordering: .relaxed) }

  /// Counts allocations of the worker that told the last event.
  func watchAllocations() { AllocationCount.watch(thread: worker) }

  func unwatchAllocations() -> Int { AllocationCount.unwatch() }

  /// Does something while the worker is busy with telling an event; all that comes in meanwhile it finds at once.
  func whileWorkerWaits(_ body: () throws -> Void) throws {
    events.hold()
    defer { events.release() }
    perform(.apply(RoutingMatrix([]), revision: UInt64.max))
    try #require(events.isHeld())
    try body()
  }

  func closeLeg(_ participant: ParticipantID) throws -> LegReport {
    let leg = try #require(legs[participant])
    perform(.closeLeg(leg))
    return try self.await("legClosed") { event in
      if case .legClosed(leg, let report) = event { report } else { nil }
    }
  }

  func closeCall() throws {
    perform(.closeCall)
    _ = try self.await("callClosed") { $0 == .callClosed ? true : nil }
  }

  /// Lets the worker look at the clock, and waits until it has.
  func settle() throws {
    perform(.play(.hold, to: ParticipantID(999)))
    try barrier()
  }

  /// Waits until everything that was sent and ordered so far has been dealt with.
  func barrier() throws { _ = try counters() }

  func counters() throws -> MediaCounters {
    let done = DispatchSemaphore(value: 0)
    let box = CountersBox()
    let engine = engine
    // Not on the pool, whose few threads other tests may keep busy.
    Task(executorPreference: helper) {
      let counters = await engine.counters()
      box.value.withLock { $0 = counters }
      done.signal()
    }
    try #require(done.wait(timeout: .now() + 5) == .success)
    return box.value.withLock { $0 }
  }
}

/// A thread that may wait, for a test that is a task nonetheless.
private final class ThreadExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "rig")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

private final class CountersBox: Sendable {
  let value = Lock(MediaCounters())
}

/// Events in the order in which they came.
final class EventQueue: Sendable {
  private let events = Lock<[MediaEvent]>([])
  private let arrived = DispatchSemaphore(value: 0)
  /// `pthread_t` of the worker that told the last event.
  let thread = Atomic<UInt>(0)
  private let gate = Lock<(begun: DispatchSemaphore, over: DispatchSemaphore)?>(nil)

  func append(_ call: CallID, _ event: MediaEvent) {
    // Readings of quality have a thread of their own.
    if case .quality = event {} else { thread.store(UInt(linux_current_thread()), ordering: .relaxed) }
    events.withLock { $0.append(event) }
    arrived.signal()
    guard case .applied(.max, _) = event, let gate = gate.withLock({ $0 }) else { return }
    gate.begun.signal()
    gate.over.wait()
  }

  /// Whoever tells of the revision `.max` stays there until `release`.
  func hold() { gate.withLock { $0 = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)) } }

  /// Waits until he does.
  func isHeld() -> Bool { gate.withLock { $0 }?.begun.wait(timeout: .now() + 5) == .success }

  func release() {
    gate.withLock { gate in
      gate?.over.signal()
      gate = nil
    }
  }

  func contains(_ match: (MediaEvent) -> Bool) -> Bool { events.withLock { $0.contains(where: match) } }

  /// Takes the first event that matches, waiting for it; others stay.
  func next<Value>(_ match: (MediaEvent) -> Value?) -> Value? {
    // As often as something has come: a flood of keys comes before what is waited for.
    while true {
      let found: Value? = events.withLock { events in
        for (index, event) in events.enumerated() {
          if let value = match(event) {
            events.remove(at: index)
            return value
          }
        }
        return nil
      }
      if let found { return found }
      guard arrived.wait(timeout: .now() + 5) == .success else { return nil }
    }
  }
}
