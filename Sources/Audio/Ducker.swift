/// Lowers one voice while another speaks (M9): the customer at the agent's ear while the supervisor whispers.
///
/// Fed once per block with the peak of the speaker's samples, it answers the gain of the lowered voice at the
/// block's start and end, for `Mixing.add(_:into:count:from:to:)`. At rest the gain is exactly unity, so that
/// the mix takes its fast path. A plain value; one per (listener, lowered source).
package struct Ducker: Hashable, Sendable {
  package struct Settings: Hashable, Sendable {
    /// How far the voice is lowered, in dB (negative).
    package var depth = -12.0
    /// From unity down to the depth, in ms.
    package var attack = 20
    /// How long the voice stays down after the speaker's last loud block, in ms.
    package var hold = 300
    /// Back up to unity, in ms.
    package var release = 200
    /// Peak of the speaker from which he counts as speaking, in dBFS.
    package var threshold = -42.0

    package init() {}
  }

  private let lowered: Int32
  private let attackSamples: Int
  private let releaseSamples: Int
  private var activity: SpeechActivity
  private var current: Int32 = Gain.unity.q15

  package init(_ settings: Settings = Settings(), sampleRate: Int = 8_000) {
    lowered = min(Gain(decibels: settings.depth).q15, Gain.unity.q15)
    attackSamples = max(settings.attack * sampleRate / 1_000, 1)
    releaseSamples = max(settings.release * sampleRate / 1_000, 1)
    activity = SpeechActivity(
      threshold: settings.threshold, hangOver: settings.hold, sampleRate: sampleRate)
  }

  /// The gain where the next block starts.
  package var gain: Gain { Gain(q15: current) }

  /// Moves on by one block of `samples`.
  /// - Parameter speakerPeak: `Level.peak` of the speaker's block; 0 if he sent nothing.
  @discardableResult
  package mutating func advance(speakerPeak: Int32, samples: Int) -> (from: Gain, to: Gain) {
    let from = Gain(q15: current)
    let range = Int(Gain.unity.q15 - lowered)
    if activity.observe(peak: speakerPeak, samples: samples) {
      current = max(current - Int32(step(range, samples, attackSamples)), lowered)
    } else {
      current = min(current + Int32(step(range, samples, releaseSamples)), Gain.unity.q15)
    }
    return (from, Gain(q15: current))
  }

  /// Back to rest at once, for a leg that starts anew.
  package mutating func reset() {
    activity.reset()
    current = Gain.unity.q15
  }

  /// The way that the gain goes in one block, rounded up so that it always arrives.
  private func step(_ range: Int, _ samples: Int, _ duration: Int) -> Int {
    (range * min(samples, duration) + duration - 1) / duration
  }
}
