/// Whether somebody is speaking into a leg: the level of each block against a threshold, with a hang-over
/// that bridges the pauses between words. Digital near-silence (a muted microphone, comfort noise below −60
/// dBFS) never counts as speech. A plain value of integers, fit for the packet path.
package struct SpeechActivity: Hashable, Sendable {
  /// A block whose peak stays below this (−60 dBFS) is near-silence whatever the threshold.
  package static let nearSilence: Int32 = 33

  /// Peak in sample units from which a block counts as speech.
  package let threshold: Int32
  /// How long activity outlasts the last loud block, in samples.
  package let hangOver: Int
  private var remaining = 0

  /// - Parameters:
  ///   - threshold: peak in dBFS; no lower than −60 is used.
  ///   - hangOver: milliseconds.
  ///   - sampleRate: Hz.
  package init(threshold: Double = -42, hangOver: Int = 200, sampleRate: Int = 8_000) {
    self.threshold = max(Int32(min(Level.amplitude(decibels: threshold), 32_767)), Self.nearSilence)
    self.hangOver = max(hangOver, 0) * sampleRate / 1_000
  }

  /// Whether speech was heard within the hang-over of the last block.
  package var isActive: Bool { remaining > 0 }

  /// Takes the peak of the next block, `samples` long, and says whether there is speech in it or just before
  /// it. Call it with peak 0 for time that passes without a packet.
  @discardableResult
  package mutating func observe(peak: Int32, samples: Int) -> Bool {
    if peak >= threshold {
      // The block itself is active even with no hang-over.
      remaining = max(hangOver, 1)
      return true
    }
    let wasActive = remaining > 0
    remaining = max(remaining - samples, 0)
    return wasActive
  }

  package mutating func reset() { remaining = 0 }
}
