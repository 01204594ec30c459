import CallControl
import Supervision

/// The view of the floor that all dashboards with the same rights share. It keeps, for each call, the latest state and
/// the number of its latest change; so whoever knows a number can be told all that happened since, in one message of
/// bounded size, however long he was away or slow.
///
/// News go out in beats, for all dashboards the same, so that each message is written once however many get it.
actor EventFeed {
  struct Update: Sendable {
    enum Content: Sendable {
      case snapshot([CallSnapshot])
      case delta(previous: UInt64, changed: [CallSnapshot], gone: [CallID])
    }

    var sequence: UInt64
    var content: Content
  }

  /// An update as it goes over the wire.
  struct Message: Sendable {
    /// What whoever has taken it knows.
    var sequence: UInt64
    var text: String
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
  /// What the last beat told: dashboards know of nothing newer.
  private var told: UInt64 = 0
  private var beat: Task<Void, Never>?
  private let interval: Duration
  private let clock: any Clock<Duration>
  private let encode: @Sendable (Update, String) -> String
  /// Messages of this beat, by the number that they follow.
  private var written: [UInt64?: Message] = [:]
  private var hasFloor = false
  private var hasEnded = false
  private var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
  private var lastListener: UInt64 = 0

  /// - Parameters:
  ///   - interval: the least time between two beats.
  ///   - encode: writes an update of the feed of this name as a message.
  init(
    interval: Duration, clock: any Clock<Duration>, encode: @escaping @Sendable (Update, String) -> String
  ) {
    self.interval = interval
    self.clock = clock
    self.encode = encode
  }

  deinit { beat?.cancel() }

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
    if beat == nil { tell() }
  }

  /// Tells what there is, and nothing more until the interval has passed.
  private func tell() {
    told = sequence
    written.removeAll(keepingCapacity: true)
    for listener in listeners.values { listener.yield() }
    guard interval > .zero else { return }
    beat = Task { [weak self, clock, interval] in
      guard (try? await clock.sleep(for: interval)) != nil else { return }
      await self?.next()
    }
  }

  private func next() {
    beat = nil
    if told < sequence { tell() }
  }

  /// The floor has no more news.
  func end() {
    hasEnded = true
    beat?.cancel()
    for listener in listeners.values { listener.finish() }
    listeners.removeAll()
  }

  /// Yields once at the beginning, and whenever there may be news. Many at once count as one.
  func news() -> AsyncStream<Void> {
    let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    ring(bell)
    return stream
  }

  /// Yields to `bell` once now and whenever there may be news, until it is finished; and finishes it after the last.
  func ring(_ bell: AsyncStream<Void>.Continuation) {
    bell.yield()
    guard !hasEnded else { return bell.finish() }
    lastListener += 1
    let number = lastListener
    listeners[number] = bell
    bell.onTermination = { _ in Task { await self.forget(number) } }
  }

  private func forget(_ listener: UInt64) { listeners[listener] = nil }

  /// Whether what came after `number` is still known in full.
  func remembers(_ number: UInt64) -> Bool { hasFloor && number >= oldest && number <= told }

  /// The update as a message; written once for all who know the same.
  ///
  /// - Returns: nil if there is nothing new.
  func message(since number: UInt64?) -> Message? {
    // Whoever's number isn't remembered gets what somebody gets who knows nothing.
    let number = number.flatMap { remembers($0) ? $0 : nil }
    if let message = written[number] { return message }
    guard let update = update(since: number) else { return nil }
    let message = Message(sequence: update.sequence, text: encode(update, id))
    if written.count < Self.variety { written[number] = message }
    return message
  }

  /// Dashboards that come back know many different numbers; so many messages of one beat are kept.
  private static let variety = 16

  /// What came after the beat is in here already, and is told again with the next one.
  ///
  /// - Parameter number: what the dashboard knows; nil for nothing.
  /// - Returns: nil if there is nothing new.
  func update(since number: UInt64?) -> Update? {
    guard hasFloor else { return nil }
    guard let number, remembers(number) else {
      return Update(sequence: told, content: .snapshot(sorted(Array(rows.values))))
    }
    guard number < told else { return nil }
    let changed = sorted(rows.values.filter { $0.changed > number })
    let left = gone.filter { $0.changed > number }.map(\.call)
    return Update(sequence: told, content: .delta(previous: number, changed: changed, gone: left))
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
