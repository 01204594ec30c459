/// How the sound of a leg came through over the last seconds, each direction by itself.
package struct LegQuality: Hashable, Sendable, Codable {
  /// What comes from the peer, as it is counted here; nil while nothing comes.
  package var received: StreamQuality?
  /// What the peer is sent, as he reports it (RFC 3550 section 6.4.1); nil as long as he reports nothing.
  package var sent: StreamQuality?
  /// To the peer and back, ms, by RTCP; nil if unknown.
  package var roundTrip: Double?

  package init(received: StreamQuality? = nil, sent: StreamQuality? = nil, roundTrip: Double? = nil) {
    self.received = received
    self.sent = sent
    self.roundTrip = roundTrip
  }

  /// Milliseconds that a round trip must have changed by to be worth a word.
  private static let roundTripStep = 50.0

  /// Whether this is news to somebody who knows `other`. What moves less is told to nobody: hundreds of calls would
  /// have news every few seconds, and none of it would matter.
  package func differsNoticeably(from other: LegQuality?) -> Bool {
    guard let other else { return self != LegQuality() }
    return StreamQuality.differNoticeably(received, other.received)
      || StreamQuality.differNoticeably(sent, other.sent)
      || (roundTrip == nil) != (other.roundTrip == nil)
      || abs((roundTrip ?? 0) - (other.roundTrip ?? 0)) >= Self.roundTripStep
  }
}

/// One direction.
package struct StreamQuality: Hashable, Sendable, Codable {
  /// Packets that never came, per cent.
  package var loss: Double
  /// RFC 3550 A.8, ms.
  package var jitter: Double
  /// Mean opinion score, 1.0 … 4.5, as the E-model of ITU-T G.107 estimates it.
  package var mos: Double

  package init(loss: Double, jitter: Double, mos: Double) {
    self.loss = loss
    self.jitter = jitter
    self.mos = mos
  }

  /// How far each figure must have moved to be worth a word. Jitter of a few ms comes and goes on any busy machine.
  private static let (lossStep, jitterStep, mosStep) = (0.5, 20.0, 0.1)

  fileprivate static func differNoticeably(_ a: StreamQuality?, _ b: StreamQuality?) -> Bool {
    guard let a, let b else { return (a == nil) != (b == nil) }
    return abs(a.loss - b.loss) >= lossStep || abs(a.jitter - b.jitter) >= jitterStep
      || abs(a.mos - b.mos) >= mosStep
  }
}

/// What is known of a leg's quality so far.
package struct QualityHistory: Hashable, Sendable, Codable {
  /// Each direction as it was told last.
  package private(set) var last: LegQuality
  /// Each direction at its lowest score, and the longest round trip.
  package private(set) var worst: LegQuality

  package init(_ first: LegQuality) {
    last = first
    worst = first
  }

  package mutating func add(_ next: LegQuality) {
    last = LegQuality(
      received: next.received ?? last.received, sent: next.sent ?? last.sent,
      roundTrip: next.roundTrip ?? last.roundTrip)
    worst = LegQuality(
      received: Self.worse(worst.received, next.received), sent: Self.worse(worst.sent, next.sent),
      roundTrip: [worst.roundTrip, next.roundTrip].compactMap(\.self).max())
  }

  private static func worse(_ a: StreamQuality?, _ b: StreamQuality?) -> StreamQuality? {
    guard let a, let b else { return a ?? b }
    return b.mos < a.mos ? b : a
  }
}
