import Locking
import Supervision

/// The media plane: workers, each with its thread, and calls given whole to the one that has the fewest.
package final class MediaEngine: MediaPlane {
  private struct Assignments {
    var workers: [CallID: Int] = [:]
    var load: [Int]
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

  package func perform(_ command: MediaCommand, for call: CallID) {
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
      case .acceptOffer, .makeOffer:
        let idlest = assignments.load.indices.min { assignments.load[$0] < assignments.load[$1] } ?? 0
        assignments.workers[call] = idlest
        assignments.load[idlest] += 1
        return idlest
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
    post.close()
  }
}

extension ClosedRange<UInt16> {
  fileprivate var asInts: ClosedRange<Int> { Int(lowerBound)...Int(upperBound) }
}
