import Locking
import Supervision

/// Looks every second at how busy the media workers are, and tells the switchboard what may not be begun.
package final class LoadWatch: Sendable {
  private struct State {
    var overload: Overload
    /// Of each worker at the last look, ns; and when that was, ms.
    var busy: [Int64] = []
    var at: Int64 = 0
    var task: Task<Void, Never>?
  }

  private static let interval: Int64 = 1_000
  private let state: Lock<State>
  private let media: any MediaPlane
  private let clock: any CallClock
  private let switchboard: Switchboard
  private let log: @Sendable (String) -> Void

  package init(
    _ limits: Overload.Limits, media: any MediaPlane, clock: any CallClock, switchboard: Switchboard,
    log: @escaping @Sendable (String) -> Void
  ) {
    state = Lock(State(overload: Overload(limits)))
    self.media = media
    self.clock = clock
    self.switchboard = switchboard
    self.log = log
  }

  /// Share of the busiest worker's time, 0 to 1, and what follows from it.
  package var overload: Overload { state.withLock(\.overload) }

  package func start() {
    let task = Task { [weak self, clock] in
      while (try? await clock.sleep(milliseconds: Self.interval)) != nil {
        guard let self else { return }
        look()
      }
    }
    state.withLock { $0.task = task }
  }

  package func stop() { state.withLock(\.task)?.cancel() }

  /// One look.
  package func look() {
    let (busy, now) = (media.busyTimes, clock.now().uptime)
    let (before, after) = state.withLock { state in
      defer { (state.busy, state.at) = (busy, now) }
      let before = state.overload.level
      guard now > state.at, state.busy.count == busy.count else { return (before, before) }
      let most = zip(busy, state.busy).map { $0 - $1 }.max() ?? 0
      state.overload.observe(Double(most) / Double((now - state.at) * 1_000_000))
      return (before, state.overload.level)
    }
    guard before != after else { return }
    switchboard.loadBecame(after)
    let load = Int(overload.load * 100)
    switch after {
    case .none: log("load \(load) %: everything may be begun again")
    case .noSupervision: log("load \(load) %: no supervision is begun until it falls; add workers or nodes")
    case .noCalls: log("load \(load) %: no call is taken until it falls (503); add workers or nodes")
    }
  }
}
