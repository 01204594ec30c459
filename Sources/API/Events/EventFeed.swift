import CallControl
import Supervision

/// The view of the floor that all dashboards of one principal share. It keeps, for each call, the latest state and the
/// number of its latest change; so whoever knows a number can be told all that happened since, in one message of
/// bounded size, however long he was away or slow.
actor EventFeed {
  struct Update: Sendable {
    enum Content: Sendable {
      case snapshot([CallSnapshot])
      case delta(previous: UInt64, changed: [CallSnapshot], gone: [CallID])
    }

    var sequence: UInt64
    var content: Content
  }

  private struct Row {
    var call: CallSnapshot
    var changed: UInt64
  }

  /// Calls that have gone are remembered up to this many.
  private static let memory = 1024

  /// Tells cursors of this feed from those of another.
  nonisolated let id = String(UInt64.random(in: 0...UInt64.max), radix: 36)

  private var rows: [CallID: Row] = [:]
  private var gone: [(call: CallID, changed: UInt64)] = []
  /// Below this number the memory has gaps.
  private var oldest: UInt64 = 0
  private var sequence: UInt64 = 0
  private var hasFloor = false
  private var hasEnded = false
  private var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
  private var lastListener: UInt64 = 0

  func apply(_ change: FloorChange) {
    sequence += 1
    switch change {
    case .floor(let calls):
      let present = Set(calls.map(\.id))
      for id in rows.keys where !present.contains(id) { remove(id) }
      for call in calls { rows[call.id] = Row(call: call, changed: sequence) }
      hasFloor = true
    case .changed(let call):
      gone.removeAll { $0.call == call.id }
      rows[call.id] = Row(call: call, changed: sequence)
    case .gone(let id):
      remove(id)
    }
    for listener in listeners.values { listener.yield() }
  }

  /// The floor has no more news.
  func end() {
    hasEnded = true
    for listener in listeners.values { listener.finish() }
    listeners.removeAll()
  }

  /// Yields once at the beginning, and whenever there may be news. Many at once count as one.
  func news() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    continuation.yield()
    guard !hasEnded else {
      continuation.finish()
      return stream
    }
    lastListener += 1
    let number = lastListener
    listeners[number] = continuation
    continuation.onTermination = { _ in Task { await self.forget(number) } }
    return stream
  }

  private func forget(_ listener: UInt64) { listeners[listener] = nil }

  /// Whether what came after `number` is still known in full.
  func remembers(_ number: UInt64) -> Bool { hasFloor && number >= oldest && number <= sequence }

  /// - Parameter number: what the dashboard knows; nil for nothing.
  /// - Returns: nil if there is nothing new.
  func update(since number: UInt64?) -> Update? {
    guard hasFloor else { return nil }
    guard let number, remembers(number) else {
      return Update(sequence: sequence, content: .snapshot(sorted(Array(rows.values))))
    }
    guard number < sequence else { return nil }
    let changed = sorted(rows.values.filter { $0.changed > number })
    let left = gone.filter { $0.changed > number }.map(\.call)
    return Update(sequence: sequence, content: .delta(previous: number, changed: changed, gone: left))
  }

  private func remove(_ id: CallID) {
    guard rows.removeValue(forKey: id) != nil else { return }
    gone.append((id, sequence))
    if gone.count > Self.memory { oldest = gone.removeFirst().changed }
  }

  private func sorted(_ rows: [Row]) -> [CallSnapshot] {
    rows.map(\.call).sorted { ($0.created.uptime, $0.id.value) < ($1.created.uptime, $1.id.value) }
  }
}
