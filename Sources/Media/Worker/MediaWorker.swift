import Locking
import Supervision

/// A thread with the calls that were given to it: an actor pinned to its own epoll loop, so packets never hop, and
/// what isn't isolated to it can't touch the loop.
///
/// Orders come past the actor's own queue, which promises no order. They are taken between packets.
actor MediaWorker {
  private enum Order {
    case command(MediaCommand, CallID)
    case detach(LegID, CallID, @Sendable (TravellingLeg?) -> Void)
    case attach(TravellingLeg, MediaLeg, CallID)
    case discard(TravellingLeg)
    case count(CheckedContinuation<MediaCounters, Never>)
    case stop(CheckedContinuation<MediaCounters, Never>)
  }

  private struct Orders {
    var waiting: [Order] = []
    /// How things stood when the thread ended: there is nobody any more to take an order.
    var last: MediaCounters?
  }

  nonisolated private let executor: WorkerExecutor
  nonisolated private let orders = Lock(Orders())
  private let loop: MediaLoop
  nonisolated let busy = BusyTime()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(
    settings: MediaSettings, ports: PortPool, number: Int, identity: DTLSIdentity, post: QualityPost,
    clock: @escaping @Sendable () -> Nanoseconds,
    sink: @escaping @Sendable (CallID, MediaEvent) -> Void
  ) throws(SystemFailure) {
    executor = try WorkerExecutor()
    loop = try MediaLoop(
      settings: settings, ports: ports, number: number, identity: identity, wake: executor.descriptor,
      busy: busy, post: post, clock: clock, sink: sink)
  }

  /// Starts the thread, which keeps the worker until `stop`.
  nonisolated func start(_ number: Int) throws(SystemFailure) {
    try WorkerExecutor.startThread(name: "media-\(number)") { self.run() }
  }

  /// Never blocks; commands are carried out as they came. None is after `stop`.
  nonisolated func perform(_ command: MediaCommand, for call: CallID) {
    if let refused = give(.command(command, call)) { answer(refused.order, refused.last) }
  }

  /// Takes a leg out of a call; `gone` is told on the worker's thread.
  nonisolated func detach(_ leg: LegID, of call: CallID, _ gone: @escaping @Sendable (TravellingLeg?) -> Void)
  {
    if let refused = give(.detach(leg, call, gone)) { answer(refused.order, refused.last) }
  }

  nonisolated func attach(_ travelling: TravellingLeg, as leg: MediaLeg, of call: CallID) {
    if let refused = give(.attach(travelling, leg, call)) { answer(refused.order, refused.last) }
  }

  /// Closes a leg of a browser that nobody takes in.
  nonisolated func discard(_ travelling: TravellingLeg) {
    if let refused = give(.discard(travelling)) { answer(refused.order, refused.last) }
  }

  nonisolated func counters() async -> MediaCounters { await ask { .count($0) } }

  /// Closes all calls and ends the thread.
  /// - Returns: the counters as they stand at the end.
  nonisolated func stop() async -> MediaCounters { await ask { .stop($0) } }

  nonisolated private func ask(
    _ order: (CheckedContinuation<MediaCounters, Never>) -> Order
  ) async -> MediaCounters {
    await withCheckedContinuation { waiting in
      if let refused = give(order(waiting)) { answer(refused.order, refused.last) }
    }
  }

  /// - Returns: the order, if the thread has ended and can't take it.
  nonisolated private func give(_ order: Order) -> (order: Order, last: MediaCounters)? {
    let (wasEmpty, last) = orders.withLock { orders in
      if orders.last == nil { orders.waiting.append(order) }
      return (orders.waiting.count == 1, orders.last)
    }
    if let last { return (order, last) }
    if wasEmpty { executor.wake() }
    return nil
  }

  nonisolated private func answer(_ order: Order, _ counters: MediaCounters) {
    switch order {
    case .command, .attach, .discard: break
    case .detach(_, _, let gone): gone(nil)
    case .count(let waiting), .stop(let waiting): waiting.resume(returning: counters)
    }
  }

  nonisolated private func run() {
    executor.adoptThread()
    while assumeIsolated({ $0.turn() }) {}
  }

  /// Serves packets until another thread has something to say, and hears that. Isolation is entered once for all
  /// the packets in between.
  /// - Returns: whether the worker is to go on.
  private func turn() -> Bool {
    while !loop.turn() {}
    let woken = Clock.monotonic()
    defer { busy.add(Clock.monotonic() &- woken) }
    executor.clearWake()
    executor.runJobs()
    let taken = orders.withLock { orders in
      let taken = orders.waiting
      orders.waiting = []
      return taken
    }
    for (index, order) in taken.enumerated() {
      switch order {
      case .command(let command, let call): loop.perform(command, for: call)
      case .detach(let leg, let call, let gone): gone(loop.detach(leg, of: call))
      case .attach(let travelling, let leg, let call): loop.attach(travelling, as: leg, of: call)
      case .discard(let travelling): loop.discard(travelling)
      case .count: answer(order, loop.counters)
      case .stop:
        end(unanswered: taken[index...])
        return false
      }
    }
    return true
  }

  private func end(unanswered: ArraySlice<Order>) {
    loop.closeAll()
    let last = loop.counters
    let late = orders.withLock { orders in
      orders.last = last
      let late = orders.waiting
      orders.waiting = []
      return late
    }
    for order in unanswered + late { answer(order, last) }
  }
}
