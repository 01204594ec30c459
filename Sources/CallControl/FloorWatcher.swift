import Locking
import Supervision

/// One reader of the floor. Keeps the latest state per call while its reader is slow, so that it can't grow without
/// bound, and cuts everything to the reader's scope.
final class FloorWatcher: Sendable {
  private struct State {
    var floor: [CallSnapshot]?
    var pending: [CallID: FloorChange] = [:]
    /// The order in which the pending calls changed first.
    var order: [CallID] = []
    var visible: Set<CallID>
    var reader: CheckedContinuation<FloorChange?, Never>?
    var isStopped = false
  }

  private let state: Lock<State>
  private let principal: Principal

  init(principal: Principal, floor: [CallSnapshot]) {
    self.principal = principal
    state = Lock(State(floor: floor, visible: Set(floor.map(\.id))))
  }

  func take(_ snapshot: CallSnapshot, at now: Moment) {
    let sees = snapshot.phase != .ended && AccessRules.sees(principal, snapshot.facts, at: now)
    let wake = state.withLock { state -> (CheckedContinuation<FloorChange?, Never>, FloorChange)? in
      guard !state.isStopped, sees || state.visible.contains(snapshot.id) else { return nil }
      if sees { state.visible.insert(snapshot.id) } else { state.visible.remove(snapshot.id) }
      let change: FloorChange = sees ? .changed(snapshot) : .gone(snapshot.id)
      if let reader = state.reader {
        state.reader = nil
        return (reader, change)
      }
      if state.pending.updateValue(change, forKey: snapshot.id) == nil { state.order.append(snapshot.id) }
      return nil
    }
    if let (reader, change) = wake { reader.resume(returning: change) }
  }

  /// The next change, as soon as there is one; nil when the watch is over.
  func next() async -> FloorChange? {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> FloorChange?? in
        if state.isStopped { return .some(nil) }
        if let floor = state.floor {
          state.floor = nil
          return .floor(floor)
        }
        if !state.order.isEmpty {
          let id = state.order.removeFirst()
          return state.pending.removeValue(forKey: id)
        }
        state.reader = continuation
        return nil
      }
      if let change = ready { continuation.resume(returning: change) }
    }
  }

  func stop() {
    let reader = state.withLock { state in
      state.isStopped = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }
}
