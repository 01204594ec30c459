import Glibc

/// A sine without end and without a seam: each `fill` goes on where the last one stopped.
package struct ToneSource: Hashable, Sendable {
  /// Hz.
  package let frequency: Double
  /// dBFS (0 is full scale).
  package let level: Double
  /// Hz.
  package let sampleRate: Int
  private var phase = 0.0

  package init(frequency: Double, level: Double = -20, sampleRate: Int = 8_000) {
    self.frequency = frequency
    self.level = min(level, 0)
    self.sampleRate = sampleRate
  }

  /// Writes the next `count` samples. Allocates nothing; one sine and cosine per call, then a rotation.
  package mutating func fill(_ output: UnsafeMutablePointer<Int16>, count: Int) {
    let step = 2 * Double.pi * frequency / Double(sampleRate)
    let amplitude = Level.amplitude(decibels: level)
    var sine = sin(phase)
    var cosine = cos(phase)
    let stepSine = sin(step)
    let stepCosine = cos(step)
    // Rounding errors of the rotation stay far below one sample unit within any block.
    for index in 0..<count {
      output[index] = Int16((sine * amplitude).rounded())
      (sine, cosine) = (sine * stepCosine + cosine * stepSine, cosine * stepCosine - sine * stepSine)
    }
    phase = fmod(phase + step * Double(count), 2 * Double.pi)
  }

  package mutating func samples(_ count: Int) -> [Int16] {
    [Int16](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { fill(base, count: count) }
      initialized = count
    }
  }
}
