import Locking
import Supervision

/// The media plane: workers, each with its thread, and calls given whole to the one that has the fewest.
package final class MediaEngine: MediaPlane {
  private struct Assignments {
    var workers: [CallID: Int] = [:]
    var load: [Int]
    /// Legs that were taken out of a call, until another takes them in.
    var travelling: [LegID: Journey] = [:]
    /// Commands of calls that wait for a leg to arrive.
    var waiting: [CallID: [MediaCommand]] = [:]

    /// A new call goes to the worker that has the fewest.
    /// - Parameter wanted: where it is to go instead, if it is new.
    mutating func worker(for call: CallID, wanted: Int? = nil) -> Int {
      if let worker = workers[call] { return worker }
      let worker = wanted ?? load.indices.min { load[$0] < load[$1] } ?? 0
      workers[call] = worker
      load[worker] += 1
      return worker
    }
  }

  private enum Journey {
    /// Its worker hasn't let it go yet.
    case leaving
    /// So, and a call waits for it already.
    case awaited(MediaLeg, CallID)
    case ready(TravellingLeg, worker: Int)
  }

  private let workers: [MediaWorker]
  private let post: QualityPost
  private let ports: PortPool
  private let assignments: Lock<Assignments>
  private let sink: @Sendable (CallID, MediaEvent) -> Void

  /// Starts the workers.
  /// - Parameter onEvent: told in order for each call, from the workers' threads (readings of quality from one of their own); it must
  ///   not block.
  /// - Throws: `MediaSetupError`.
  package convenience init(
    _ settings: MediaSettings, onEvent: @escaping @Sendable (CallID, MediaEvent) -> Void
  ) throws(MediaSetupError) {
    try self.init(settings, clock: Clock.monotonic, onEvent: onEvent)
  }

  /// - Parameter clock: ns, never backwards; all media logic goes by it.
  package init(
    _ settings: MediaSettings, clock: @escaping @Sendable () -> Int64,
    onEvent: @escaping @Sendable (CallID, MediaEvent) -> Void
  ) throws(MediaSetupError) {
    guard (1...256).contains(settings.workers) else { throw .badWorkers(settings.workers) }
    guard (10...60).contains(settings.ptime) else { throw .badPacketTime(settings.ptime) }
    guard SocketAddress(settings.advertisedAddress, port: 0)?.isUnspecified == false else {
      throw .badAddress(settings.advertisedAddress)
    }
    let lastPort = Int(settings.browserPort) + settings.workers - 1
    guard settings.browserPort == 0 || settings.browserPort >= 1_024 && lastPort <= UInt16.max,
      settings.browserPort == 0 || !(Int(settings.browserPort)...lastPort).overlaps(settings.ports.asInts)
    else { throw .badBrowserPort(settings.browserPort, workers: settings.workers) }
    guard !settings.browserCodecs.isEmpty else { throw .badBrowserCodecs }
    guard !settings.callCodecs.isEmpty else { throw .badCallCodecs }
    guard (5_000...300_000).contains(settings.stunTimeout) else {
      throw .badStunTimeout(settings.stunTimeout)
    }
    SystemCall.raiseDescriptorLimit()
    ports = try PortPool(bind: settings.bindAddress, range: settings.ports)
    sink = onEvent
    let identity = try DTLSIdentity()
    var workers: [MediaWorker] = []
    do throws(SystemFailure) {
      post = try QualityPost(tell: onEvent)
    } catch {
      throw .system(error.description)
    }
    do throws(SystemFailure) {
      // An address that this host doesn't have is told now, not with the first call.
      if let address = SocketAddress(settings.bindAddress, port: 0) {
        var probe = try UDPSocket(bind: address)
        probe.close()
      }
      for number in 0..<settings.workers {
        let worker = try MediaWorker(
          settings: settings, ports: ports, number: number, identity: identity, post: post, clock: clock,
          sink: onEvent)
        try worker.start(number)
        workers.append(worker)
      }
    } catch {
      let started = workers
      post.close()
      Task { for worker in started { _ = await worker.stop() } }
      throw .system(error.description)
    }
    self.workers = workers
    assignments = Lock(Assignments(load: Array(repeating: 0, count: workers.count)))
  }

  package func place(_ call: CallID, beside other: CallID) {
    assignments.withLock { assignments in
      if let worker = assignments.workers[other] { _ = assignments.worker(for: call, wanted: worker) }
    }
  }

  package func areTogether(_ one: CallID, _ other: CallID) -> Bool {
    assignments.withLock { $0.workers[one] != nil && $0.workers[one] == $0.workers[other] }
  }

  package func perform(_ command: MediaCommand, for call: CallID) {
    let waits = assignments.withLock { $0.waiting[call]?.append(command) != nil }
    if !waits { carryOut(command, for: call) }
  }

  // MARK: Legs that go from call to call

  private func detach(_ leg: LegID, of call: CallID) {
    let worker = assignments.withLock { assignments in
      assignments.travelling[leg] = .leaving
      return assignments.workers[call]
    }
    guard let worker else { return arrived(leg, nil, worker: 0) }
    workers[worker].detach(leg, of: call) { [weak self] in self?.arrived(leg, $0, worker: worker) }
  }

  private func attach(_ leg: MediaLeg, to call: CallID) {
    let journey = assignments.withLock { assignments -> Journey? in
      let journey = assignments.travelling[leg.leg]
      switch journey {
      case .ready: assignments.travelling[leg.leg] = nil
      case .leaving:
        assignments.travelling[leg.leg] = .awaited(leg, call)
        if assignments.waiting[call] == nil { assignments.waiting[call] = [] }
      case .awaited, nil: break
      }
      return journey
    }
    switch journey {
    case .ready(let travelling, let worker): settle(travelling, leg, call, from: worker)
    case .leaving, .awaited: break
    case nil: miss(leg, call)
    }
  }

  private func miss(_ leg: MediaLeg, _ call: CallID) {
    sink(call, .failed(leg.leg, .noResources("the leg was closed while it was handed over")))
  }

  /// A worker has let a leg go, or had none of that name.
  private func arrived(_ id: LegID, _ travelling: TravellingLeg?, worker: Int) {
    let awaited = assignments.withLock { assignments -> (MediaLeg, CallID)? in
      guard case .awaited(let leg, let call) = assignments.travelling[id] else {
        assignments.travelling[id] = travelling.map { .ready($0, worker: worker) }
        return nil
      }
      assignments.travelling[id] = nil
      return (leg, call)
    }
    guard let (leg, call) = awaited else { return }
    if let travelling {
      settle(travelling, leg, call, from: worker)
    } else {
      miss(leg, call)
    }
    // What was ordered meanwhile, in its order; what comes during it waits its turn.
    while true {
      let commands = assignments.withLock { assignments -> [MediaCommand] in
        let commands = assignments.waiting[call] ?? []
        assignments.waiting[call] = commands.isEmpty ? nil : []
        return commands
      }
      if commands.isEmpty { return }
      for command in commands { carryOut(command, for: call) }
    }
  }

  private func settle(_ travelling: TravellingLeg, _ leg: MediaLeg, _ call: CallID, from home: Int) {
    let worker = assignments.withLock {
      $0.worker(for: call, wanted: travelling.staysAtWorker ? home : nil)
    }
    guard worker == home || !travelling.staysAtWorker else {
      workers[home].discard(travelling)
      return miss(leg, call)
    }
    workers[worker].attach(travelling, as: leg, of: call)
  }

  private func carryOut(_ command: MediaCommand, for call: CallID) {
    if case .detachLeg(let leg) = command { return detach(leg, of: call) }
    if case .attachLeg(let leg) = command { return attach(leg, to: call) }
    if let worker = worker(for: call, command) {
      workers[worker].perform(command, for: call)
    } else if case .closeCall = command {
      sink(call, .callClosed)
    }
  }

  private func worker(for call: CallID, _ command: MediaCommand) -> Int? {
    assignments.withLock { assignments in
      if let worker = assignments.workers[call] {
        if case .closeCall = command {
          assignments.workers[call] = nil
          assignments.load[worker] -= 1
        }
        return worker
      }
      switch command {
      case .acceptOffer, .makeOffer: return assignments.worker(for: call)
      default: return nil
      }
    }
  }

  /// The sum over all workers; after `stop` as they stood then.
  package func counters() async -> MediaCounters {
    var sum = MediaCounters()
    for worker in workers { sum = sum + (await worker.counters()) }
    return sum
  }

  package var busyTimes: [Int64] { workers.map(\.busy.value) }

  /// Port pairs in use, and how many there are.
  package var portUse: (used: Int, of: Int) { (ports.used, ports.pairs) }

  /// Closes all calls, whose events are still told, and ends the threads. Commands that come later are ignored.
  package func stop() async {
    for worker in workers { _ = await worker.stop() }
    assignments.withLock { $0.travelling = [:] }
    post.close()
  }
}

extension ClosedRange<UInt16> {
  fileprivate var asInts: ClosedRange<Int> { Int(lowerBound)...Int(upperBound) }
}
