import Locking
import Supervision

/// The latest snapshot of every call, for whoever watches. Written by the calls, read by everyone else; no reader can
/// slow a call.
package final class FloorBoard: Sendable {
  private struct State {
    var calls: [CallID: CallSnapshot] = [:]
    var watchers: [UInt64: FloorWatcher] = [:]
    var lastWatcher: UInt64 = 0
    /// Calls that are over, oldest first: sessions can be asked about for a while.
    var past: [CallSnapshot] = []
  }

  private let state = Lock(State())
  private let clock: any CallClock
  /// How many ended calls are remembered.
  private static let memory = 500

  package init(clock: any CallClock) { self.clock = clock }

  package var snapshots: [CallSnapshot] { state.withLock { Array($0.calls.values) } }

  func snapshot(_ id: CallID) -> CallSnapshot? {
    state.withLock { state in state.calls[id] ?? state.past.last { $0.id == id } }
  }

  /// The call that a session belongs or belonged to.
  func call(of session: SessionID) -> CallSnapshot? {
    state.withLock { state in
      let holds = { (call: CallSnapshot) in call.sessions.contains { $0.id == session } }
      return state.calls.values.first(where: holds) ?? state.past.last(where: holds)
    }
  }

  func publish(_ snapshot: CallSnapshot) {
    let now = clock.now()
    state.withLock { state in
      if snapshot.phase == .ended {
        state.calls[snapshot.id] = nil
        state.past.append(snapshot)
        if state.past.count > Self.memory { state.past.removeFirst(state.past.count - Self.memory) }
      } else {
        state.calls[snapshot.id] = snapshot
      }
      for watcher in state.watchers.values { watcher.take(snapshot, at: now) }
    }
  }

  /// A watch begins with everything in scope; nothing that happens meanwhile is lost.
  func watch(for principal: Principal) -> AsyncStream<FloorChange> {
    let now = clock.now()
    let (key, watcher) = state.withLock { state in
      state.lastWatcher += 1
      let visible = state.calls.values.filter { AccessRules.sees(principal, $0.facts, at: now) }
      let watcher = FloorWatcher(principal: principal, floor: visible.sorted { $0.created < $1.created })
      state.watchers[state.lastWatcher] = watcher
      return (state.lastWatcher, watcher)
    }
    return AsyncStream {
      await watcher.next()
    } onCancel: { [weak self] in
      watcher.stop()
      self?.state.withLock { $0.watchers[key] = nil }
    }
  }

  /// Readers that are being served; for the leak check.
  package var watcherCount: Int { state.withLock { $0.watchers.count } }

  /// Ends every watch: the process stops.
  package func close() {
    let watchers = state.withLock { state in
      defer { state.watchers = [:] }
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.stop() }
  }
}
