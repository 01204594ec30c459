/// What was received of one RTP source (RFC 3550, appendices A.1, A.3 and A.8). A plain value of a leg's
/// state.
///
/// There is no probation as in A.1: who may send is decided by address before a packet comes here.
package struct RTPSequence: Hashable, Sendable {
  /// What a packet's sequence number says of it.
  package enum Arrival: UInt8, Sendable, Hashable {
    /// The source's first packet.
    case first
    /// Ahead of all before, with or without a gap.
    case inOrder
    /// Behind another, and new.
    case reordered
    /// Received already.
    case duplicate
    /// Far from all before, once: perhaps a stray. Not counted.
    case jumped
    /// The second packet in a row after a jump: the source has started anew.
    case restarted
  }

  /// Gaps of this many packets and more are a jump (A.1, MAX_DROPOUT).
  package static let maximumGap = 3_000
  /// Packets this far behind are a jump (A.1, MAX_MISORDER).
  package static let maximumDelay = 100

  private var isStarted = false
  private var base: UInt32 = 0
  /// Wraps counted in the upper 16 bits, the highest sequence number in the lower.
  package private(set) var extendedHighest: UInt32 = 0
  private var expectedBeforeRestart: Int64 = 0
  /// The sequence number that would confirm a jump.
  private var afterJump: UInt32 = .max
  /// Which of the last 64 packets came: bit 0 is the highest.
  private var window: UInt64 = 0

  /// Packets that came, duplicates included, strays not.
  package private(set) var received: Int64 = 0
  package private(set) var duplicates: Int64 = 0
  package private(set) var reordered: Int64 = 0
  package private(set) var restarts: Int64 = 0

  private var hasTransit = false
  private var transit: UInt32 = 0
  private var scaledJitter: UInt32 = 0
  private var expectedAtReport: Int64 = 0
  private var receivedAtReport: Int64 = 0

  package init() {}

  /// Packets that the source sent as far as its numbers tell.
  package var expected: Int64 {
    isStarted ? expectedBeforeRestart + Int64(extendedHighest) - Int64(base) + 1 : 0
  }

  /// Packets that never came (or have not yet): duplicates do not make up for them.
  package var lost: Int64 { max(expected - (received - duplicates), 0) }

  /// Interarrival jitter in timestamp units (A.8).
  package var jitter: UInt32 { scaledJitter >> 4 }

  /// Counts a packet and judges its number.
  package mutating func update(sequence: UInt16) -> Arrival {
    guard isStarted else {
      start(sequence)
      return .first
    }
    let highest = UInt16(truncatingIfNeeded: extendedHighest)
    let distance = SequenceDistance.from(highest, to: sequence)
    if distance > 0, distance < Self.maximumGap {
      extendedHighest &+= UInt32(distance)
      window = distance < 64 ? window << UInt64(distance) | 1 : 1
      received += 1
      return .inOrder
    }
    if distance <= 0, distance >= -Self.maximumDelay {
      received += 1
      let bit: UInt64 = distance > -64 ? 1 << UInt64(-distance) : 0
      if window & bit != 0 {
        duplicates += 1
        return .duplicate
      }
      window |= bit
      reordered += 1
      return .reordered
    }
    guard UInt32(sequence) == afterJump else {
      afterJump = UInt32(sequence &+ 1)
      return .jumped
    }
    expectedBeforeRestart = expected
    restarts += 1
    start(sequence)
    return .restarted
  }

  /// Counts a packet and its jitter.
  ///
  /// For packets of RFC 4733, whose timestamp stands still during a key, use `update(sequence:)`.
  /// - Parameter arrival: when it came, in timestamp units of the same clock rate, from any origin.
  package mutating func update(sequence: UInt16, timestamp: UInt32, arrival: UInt32) -> Arrival {
    let judged = update(sequence: sequence)
    switch judged {
    case .first, .restarted:
      transit = arrival &- timestamp
      hasTransit = true
    case .inOrder, .reordered:
      updateJitter(arrival &- timestamp)
    case .duplicate, .jumped:
      break
    }
    return judged
  }

  /// The report block on this source for the next RTCP packet; starts a new interval (A.3).
  /// - Parameters:
  ///   - lastSenderReport: `NTPTime.middle` of the source's last sender report, 0 if there was none.
  ///   - delay: since that report came, in 1/65,536 s.
  package mutating func report(ssrc: UInt32, lastSenderReport: UInt32, delay: UInt32) -> RTCP.ReportBlock {
    let expectedInInterval = expected - expectedAtReport
    let lostInInterval = expectedInInterval - (received - receivedAtReport)
    expectedAtReport = expected
    receivedAtReport = received
    let hasLoss = expectedInInterval > 0 && lostInInterval > 0
    return RTCP.ReportBlock(
      ssrc: ssrc,
      fractionLost: hasLoss ? UInt8(min(lostInInterval * 256 / expectedInInterval, 255)) : 0,
      cumulativeLost: Int32(min(max(expected - received, -0x80_0000), 0x7F_FFFF)),
      extendedHighest: extendedHighest, jitter: jitter, lastSenderReport: lastSenderReport,
      delaySinceLastSenderReport: delay)
  }

  private mutating func start(_ sequence: UInt16) {
    isStarted = true
    base = UInt32(sequence)
    extendedHighest = base
    afterJump = .max
    window = 1
    received += 1
    hasTransit = false
  }

  private mutating func updateJitter(_ now: UInt32) {
    defer {
      transit = now
      hasTransit = true
    }
    guard hasTransit else { return }
    let difference = UInt32(SequenceDistance.from(transit, to: now).magnitude)
    scaledJitter = scaledJitter &+ difference &- ((scaledJitter &+ 8) >> 4)
  }
}
