import Locking
import Supervision

/// Loudness on its way from the media plane to those who listen. It passes by the calls: no rule depends on it, and a
/// reader that is slow finds the newest.
final class LevelBoard: Sendable {
  private struct Reader {
    var principal: Principal
    var readings: AsyncStream<LevelReading>.Continuation
  }

  private let state = Lock((readers: [UInt64: Reader](), last: UInt64(0)))

  func watch(for principal: Principal) -> AsyncStream<LevelReading> {
    let (stream, continuation) = AsyncStream<LevelReading>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let key = state.withLock { state in
      state.last += 1
      state.readers[state.last] = Reader(principal: principal, readings: continuation)
      return state.last
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { $0.readers[key] = nil }
    }
    return stream
  }

  /// Each reader gets what he hears by his own live session on this call, and himself.
  func take(_ levels: [ParticipantID: Float], of call: CallSnapshot) {
    let readers = state.withLock { Array($0.readers.values) }
    for reader in readers where reader.principal.tenant == call.facts.tenant {
      let own = call.sessions.first { $0.supervisor == reader.principal.user && $0.phase == .live }
      guard let own else { continue }
      let heard = Set(call.matrix.sources(of: own.participant)).union([own.participant])
      reader.readings.yield(LevelReading(call: call.id, levels: levels.filter { heard.contains($0.key) }))
    }
  }

  /// Readers that are being served; for the leak check.
  var readerCount: Int { state.withLock { $0.readers.count } }

  func close() {
    let readers = state.withLock { state in
      defer { state.readers = [:] }
      return Array(state.readers.values)
    }
    for reader in readers { reader.readings.finish() }
  }
}
