/// A short melody or signal, written down as notes and rendered to a `SoundClip` before it is needed.
package struct TonePattern: Hashable, Sendable {
  package struct Note: Hashable, Sendable {
    /// ms from the pattern's start.
    package let start: Int
    /// ms.
    package let duration: Int
    /// Hz.
    package let frequency: Double
    /// dBFS.
    package let level: Double
    /// How long it swells and fades, in ms each; at least a few, or it clicks.
    package let fade: Int

    package init(start: Int, duration: Int, frequency: Double, level: Double, fade: Int = 8) {
      self.start = start
      self.duration = duration
      self.frequency = frequency
      self.level = level
      self.fade = fade
    }
  }

  package let notes: [Note]
  /// Length in ms, silence at the end included.
  package let period: Int
  package let loops: Bool

  package init(_ notes: [Note], period: Int, loops: Bool = false) {
    self.notes = notes
    self.period = period
    self.loops = loops
  }

  /// Renders the pattern; notes that overlap are summed.
  package func clip(sampleRate: Int = 8_000) -> SoundClip {
    let perMillisecond = sampleRate / 1_000
    var sum = [Int32](repeating: 0, count: period * perMillisecond)
    for note in notes {
      var tone = ToneSource(frequency: note.frequency, level: note.level, sampleRate: sampleRate)
      let length = note.duration * perMillisecond
      let fade = max(min(note.fade * perMillisecond, length / 2), 1)
      for (index, sample) in tone.samples(length).enumerated() {
        let position = note.start * perMillisecond + index
        guard position < sum.count else { break }
        let weight = min(min(index, length - 1 - index), fade)
        sum[position] += Int32(sample) * Int32(weight) / Int32(fade)
      }
    }
    return SoundClip(
      sum.map { Int16(min(max($0, -32_768), 32_767)) }, loops: loops, sampleRate: sampleRate)
  }
}

/// What a customer hears while nobody is there for him: two soft notes, a fourth apart, every three seconds.
package enum HoldSound {
  package static let pattern = TonePattern(
    [
      .init(start: 0, duration: 600, frequency: 440, level: -26, fade: 120),
      .init(start: 550, duration: 900, frequency: 587.33, level: -26, fade: 200),
    ], period: 3_000, loops: true)
}

/// What a supervisor's phone plays in answer to a key or a feature code.
package enum PromptTone: Sendable, Hashable, CaseIterable {
  /// Press the same key again: two rising beeps.
  case confirm
  /// Not permitted, or not possible by phone: a low double buzz.
  case refused
  /// Done: one short high beep.
  case accepted

  package var pattern: TonePattern {
    switch self {
    case .confirm:
      TonePattern(
        [
          .init(start: 0, duration: 110, frequency: 660, level: -16),
          .init(start: 150, duration: 110, frequency: 880, level: -16),
        ], period: 280)
    case .refused:
      TonePattern(
        [0, 240].flatMap { start in
          [
            TonePattern.Note(start: start, duration: 180, frequency: 180, level: -18),
            TonePattern.Note(start: start, duration: 180, frequency: 270, level: -20),
          ]
        }, period: 440)
    case .accepted:
      TonePattern([.init(start: 0, duration: 120, frequency: 1_046.5, level: -16)], period: 140)
    }
  }
}
