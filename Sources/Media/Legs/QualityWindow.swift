import RTP
import Supervision

/// The stretch of a leg's life over which its quality is taken next: from the reading before to now.
struct QualityWindow {
  /// Fewer packets tell nothing: one lost would be a disaster.
  private static let leastPackets: UInt64 = 25
  /// A peer whose reports tell of a longer round trip is mistaken, ms.
  private static let mostRoundTrip = 10_000.0

  private var expected: UInt64 = 0
  private var lost: UInt64 = 0
  /// Each direction as it was read last: one of which nothing new is known stays as it was.
  private var reading = LegQuality()
  /// What was told last.
  private var told: LegQuality?

  /// Ends the window, if enough has happened in it, and begins the next.
  /// - Returns: what is to be told, and marked as told then; nil if it isn't worth a word.
  mutating func close(_ leg: UnsafeMutablePointer<LegState>) -> LegQuality? {
    let roundTrip = leg.pointee.reports.roundTrip
    if roundTrip >= 0, roundTrip <= Self.mostRoundTrip { reading.roundTrip = roundTrip }
    let codec = leg.pointee.coding.model
    if let loss = receivedLoss(leg) {
      // Timestamps are counted at 8 kHz here, whatever the codec says of them.
      reading.received = quality(codec, loss: loss, jitter: Double(leg.pointee.reception.jitter) / 8)
    }
    if let loss = leg.pointee.reports.takeLoss() {
      reading.sent = quality(codec, loss: loss, jitter: Double(leg.pointee.reports.jitter) / 8)
    }
    return reading.differsNoticeably(from: told) ? reading : nil
  }

  mutating func markTold() { told = reading }

  /// Per cent of what was to come since the window began.
  private mutating func receivedLoss(_ leg: UnsafeMutablePointer<LegState>) -> Double? {
    let (allExpected, allLost) = (leg.pointee.packetsExpected, leg.pointee.packetsLost)
    guard allExpected >= expected &+ Self.leastPackets else { return nil }
    // What was late when the window before ended has come since.
    let missing = allLost > lost ? allLost &- lost : 0
    defer { (expected, lost) = (allExpected, allLost) }
    return min(100 * Double(missing) / Double(allExpected &- expected), 100)
  }

  private func quality(_ codec: EModel.Codec, loss: Double, jitter: Double) -> StreamQuality {
    let model = EModel(codec: codec, loss: loss, roundTrip: reading.roundTrip ?? 0, jitter: jitter)
    return StreamQuality(loss: loss, jitter: jitter, mos: model.meanOpinionScore)
  }
}

extension VoiceCoding {
  var model: EModel.Codec {
    switch self {
    case .mu, .a, .linear: .g711
    case .g722: .g722
    case .opus: .opus
    }
  }
}
