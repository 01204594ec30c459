import RTP

/// The numbers of what is sent to one listener: one SSRC, and sequence numbers and timestamps that run on, whoever
/// is behind the sound.
///
/// Packets of a source keep their distances: a gap in its sequence numbers is a gap here, a step of its timestamp
/// is the same step here, whether the packet is relayed or mixed. When the source changes, or the worker has sent
/// blocks of its own in between, the offsets are set anew so that nothing breaks or overlaps.
struct Numbering {
  /// Samples at 8 kHz (40 ms) by which the timestamp may be ahead of the time that has passed. What would need
  /// more has come too late: the worker's own blocks have taken its place.
  private static let mostSurplus = 320
  /// After a pause of this many blocks the timestamp goes by the clock again.
  private static let pause = 3

  /// Where the numbers of a session of SRTP begin: its count of wraps begins at 0 on both sides, even if the first
  /// packets are lost.
  static let firstSequences: Range<UInt16> = 0..<0x8000

  let ssrc: UInt32
  /// Of the last packet.
  private(set) var sequence: UInt16
  /// Of the last packet of sound; it stands still during a key.
  private(set) var timestamp: UInt32
  private var samples = 0
  private var sentAt: Nanoseconds = 0
  private var isStarted = false

  /// Whose packets the offsets are for; 0: nobody's.
  private(set) var source: UInt64 = 0
  private var highest: UInt16 = 0
  private var sequenceOffset: UInt16 = 0
  private var timestampOffset: UInt32 = 0
  /// Earlier numbers were given before the offsets.
  private var firstValid: UInt16 = 0
  private var hasGenerated = false
  private var surplus = 0

  /// The three are to be random (RFC 3550 section 5.1).
  init(ssrc: UInt32, sequence: UInt16, timestamp: UInt32) {
    self.ssrc = ssrc
    self.sequence = sequence
    self.timestamp = timestamp
  }

  /// The next packet starts anew, as after a time in which the source's packets were not for this listener.
  mutating func detach() { source = 0 }

  /// Goes on under this sequence number, as where a session with other keys begins; the rest stays.
  mutating func restart(at sequence: UInt16) {
    self.sequence = sequence
    detach()
  }

  /// The timestamp of this instant, for a sender report.
  func timestamp(at now: Nanoseconds) -> UInt32 {
    timestamp &+ UInt32(truncatingIfNeeded: (now &- sentAt) / .sample)
  }

  /// Numbers for a source's packet.
  /// - Parameters:
  ///   - source: who sends, not 0; another value is another stream.
  ///   - samples: how long the packet sounds; 0 for a key (RFC 4733).
  /// - Returns: nil for a packet whose place has been taken already: it must not be sent.
  mutating func map(
    source: UInt64, sequence number: UInt16, timestamp time: UInt32, samples: Int, now: Nanoseconds
  ) -> (sequence: UInt16, timestamp: UInt32)? {
    guard source == self.source else {
      anchor(source, number, time, now)
      return record(sequence, timestamp, samples, now)
    }
    let distance = SequenceDistance.from(highest, to: number)
    var mapped = number &+ sequenceOffset
    if distance <= 0, distance >= -RTPSequence.maximumDelay {
      guard SequenceDistance.from(firstValid, to: mapped) >= 0 else { return nil }
      return (mapped, time &+ timestampOffset)
    }
    if hasGenerated {
      let behind = SequenceDistance.from(time &+ timestampOffset, to: timestamp &+ UInt32(self.samples))
      if behind > 0 {
        guard surplus &+ behind <= Self.mostSurplus else { return nil }
        surplus &+= behind
        timestampOffset &+= UInt32(behind)
      } else {
        let repaid = min(surplus, -behind)
        surplus &-= repaid
        timestampOffset &-= UInt32(repaid)
      }
      if SequenceDistance.from(sequence, to: mapped) <= 0 {
        mapped = sequence &+ 1
        sequenceOffset = mapped &- number
      }
      firstValid = mapped
      hasGenerated = false
    }
    highest = number
    return record(mapped, time &+ timestampOffset, samples, now)
  }

  /// A packet of the source that this listener can't take leaves no gap.
  mutating func skip(source: UInt64, sequence number: UInt16) {
    guard source == self.source, SequenceDistance.isAfter(number, highest) else { return }
    highest = number
    sequenceOffset &-= 1
    firstValid = sequence &+ 1
  }

  /// Numbers for a block that the worker sends by itself.
  mutating func generate(samples: Int, now: Nanoseconds) -> (sequence: UInt16, timestamp: UInt32) {
    guard isStarted else { return record(sequence, timestamp, samples, now) }
    let elapsed = elapsedSamples(now)
    let step: Int
    if elapsed <= Self.pause &* max(self.samples, samples) {
      step = self.samples
    } else {
      step = max(self.samples, elapsed &- surplus)
      surplus = max(surplus &+ step &- elapsed, 0)
    }
    hasGenerated = true
    return record(sequence &+ 1, timestamp &+ UInt32(step), samples, now)
  }

  private func elapsedSamples(_ now: Nanoseconds) -> Int { Int((now &- sentAt) / .sample) }

  /// Sets the offsets so that this packet is the next one, its timestamp further by the time that has passed.
  private mutating func anchor(_ source: UInt64, _ number: UInt16, _ time: UInt32, _ now: Nanoseconds) {
    var next = (sequence: sequence, timestamp: timestamp)
    if isStarted {
      let elapsed = elapsedSamples(now)
      let step = max(samples, elapsed &- surplus)
      surplus = max(surplus &+ step &- elapsed, 0)
      next = (sequence &+ 1, timestamp &+ UInt32(truncatingIfNeeded: step))
    }
    self.source = source
    highest = number
    sequenceOffset = next.sequence &- number
    timestampOffset = next.timestamp &- time
    firstValid = next.sequence
    hasGenerated = false
    (sequence, timestamp) = next
  }

  private mutating func record(
    _ number: UInt16, _ time: UInt32, _ samples: Int, _ now: Nanoseconds
  ) -> (sequence: UInt16, timestamp: UInt32) {
    sequence = number
    if samples > 0 || !isStarted {
      timestamp = time
      self.samples = samples
      sentAt = now
    }
    isStarted = true
    return (number, time)
  }
}
