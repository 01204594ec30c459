import API

/// The calls as the event stream has told them so far.
struct Floor {
  private var calls: [String: CallDocument] = [:]
  /// When each was told, so that its duration can be carried on.
  private var told: [String: ContinuousClock.Instant] = [:]

  mutating func receive(_ event: EventDocument, at now: ContinuousClock.Instant) {
    if event.type == .snapshot {
      calls = [:]
      told = [:]
    }
    for call in (event.calls ?? []) + (event.changed ?? []) {
      calls[call.id] = call
      told[call.id] = now
    }
    for id in event.gone ?? [] {
      calls[id] = nil
      told[id] = nil
    }
  }

  func call(_ id: String) -> CallDocument? { calls[id] }

  /// Oldest first, with the durations of this moment.
  func list(at now: ContinuousClock.Instant) -> [CallDocument] {
    calls.values.sorted { ($0.created, $0.id) < ($1.created, $1.id) }.map { call in
      var call = call
      if call.ended == nil, let told = told[call.id] {
        call.durationMs += Int64((now - told) / .milliseconds(1))
      }
      return call
    }
  }
}
