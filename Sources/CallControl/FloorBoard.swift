import Locking
import Supervision

/// The latest snapshot of every call, for whoever watches. Written by the calls, read by everyone else; no reader can
/// slow a call.
package final class FloorBoard: Sendable {
  private struct State {
    var calls: [CallID: CallSnapshot] = [:]
    var watchers: [UInt64: FloorWatcher] = [:]
    var agents: [UInt64: AgentWatcher] = [:]
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
      for agent in state.agents.values { agent.take(snapshot) }
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

  /// An agent's view of his own calls: as it is, then as it becomes.
  func watch(asAgent agent: Principal, policy: @escaping @Sendable () -> Policy) -> AsyncStream<AgentView> {
    let (key, watcher) = state.withLock { state in
      state.lastWatcher += 1
      let watcher = AgentWatcher(agent, among: Array(state.calls.values), policy: policy)
      state.agents[state.lastWatcher] = watcher
      return (state.lastWatcher, watcher)
    }
    watcher.whenDone { [weak self] in
      self?.state.withLock { $0.agents[key] = nil }
    }
    return watcher.views
  }

  /// Whether a page of his is open.
  func isWatching(agent: UserID, tenant: TenantID) -> Bool {
    state.withLock { state in
      state.agents.values.contains { $0.agent.user == agent && $0.agent.tenant == tenant }
    }
  }

  /// Readers that are being served; for the leak check.
  package var watcherCount: Int { state.withLock { $0.watchers.count + $0.agents.count } }

  /// Ends every watch: the process stops.
  package func close() {
    let (watchers, agents) = state.withLock { state in
      defer {
        state.watchers = [:]
        state.agents = [:]
      }
      return (Array(state.watchers.values), Array(state.agents.values))
    }
    for watcher in watchers { watcher.stop() }
    for agent in agents { agent.stop() }
  }
}
