import Supervision

/// How the sound of a leg came through over the last seconds, as the API shows it.
package struct QualityDocument: Hashable, Sendable, Codable {
  /// What Earshot receives of the participant.
  package var received: Stream?
  /// What he is sent, as his device reports it; absent as long as it reports nothing.
  package var sent: Stream?

  package struct Stream: Hashable, Sendable, Codable {
    /// Packets that never came, per cent.
    package var loss: Double
    /// RFC 3550 A.8.
    package var jitterMs: Double
    /// To him and back; with `sent` only.
    package var roundTripMs: Double?
    /// Mean opinion score, 1.0 … 4.5, as ITU-T G.107 estimates it.
    package var mos: Double
    /// The lowest since the leg began.
    package var worstMos: Double
  }

  package init(_ history: QualityHistory) {
    received = Self.stream(history.last.received, worst: history.worst.received)
    sent = Self.stream(history.last.sent, worst: history.worst.sent)
    sent?.roundTripMs = history.last.roundTrip.map { Self.rounded($0, 10) }
  }

  private static func stream(_ last: StreamQuality?, worst: StreamQuality?) -> Stream? {
    last.map {
      Stream(
        loss: rounded($0.loss, 10), jitterMs: rounded($0.jitter, 10), mos: rounded($0.mos, 100),
        worstMos: rounded(worst?.mos ?? $0.mos, 100))
    }
  }

  private static func rounded(_ value: Double, _ parts: Double) -> Double {
    (value * parts).rounded() / parts
  }
}
