import Audio

/// What an ear heard, asked for the tones by which speakers are known.
package struct Ear: Sendable, CustomStringConvertible {
  /// 8,000 Hz.
  package let samples: [Int16]

  package init(_ samples: [Int16]) { self.samples = samples }

  /// Below this a tone counts as absent, in dBFS: well under any voice, well over the noise of G.711.
  package static let silence = -55.0

  /// dBFS.
  package func level(_ frequency: Double) -> Double { Goertzel(frequency: frequency).level(samples) }

  /// Whether the tone is there at about the level it was sent with.
  package func contains(
    tone frequency: Double, at level: Double = -20, within tolerance: Double = 3
  ) -> Bool {
    abs(self.level(frequency) - level) <= tolerance
  }

  /// Whether nothing of the tone is there.
  package func lacks(tone frequency: Double) -> Bool { level(frequency) < Self.silence }

  /// Which of `tones` are there, however loud: the row of a matrix.
  package func tones(of tones: [Double]) -> Set<Double> {
    Set(tones.filter { level($0) >= Self.silence })
  }

  /// Which of the speakers are there, each known by a tone.
  package func speakers(of tones: [String: Double]) -> Set<String> {
    Set(tones.filter { level($0.value) >= Self.silence }.keys)
  }

  /// dBFS.
  package var peak: Double {
    samples.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { Level($0, count: buffer.count).peak } ?? Level.floor
    }
  }

  package var description: String { "\(samples.count / 8) ms, peak \(peak) dBFS" }
}
