import Glibc

/// The level of one frequency in a block of samples (Goertzel's algorithm under a Hann window).
///
/// Proves who is heard at an ear: give each speaker a tone of his own and ask for each. The window keeps a
/// neighbour 100 Hz away at least 60 dB down from 200 ms of sound on, wherever the frequencies lie between
/// bins.
package struct Goertzel: Hashable, Sendable {
  /// Hz.
  package let frequency: Double
  /// Hz.
  package let sampleRate: Int

  package init(frequency: Double, sampleRate: Int = 8_000) {
    self.frequency = frequency
    self.sampleRate = sampleRate
  }

  /// Level of the frequency in dBFS, `Level.floor` at least: a sine made at −20 dBFS measures −20.
  package func level(_ samples: UnsafePointer<Int16>, count: Int) -> Double {
    guard count > 0 else { return Level.floor }
    let coefficient = 2 * cos(2 * Double.pi * frequency / Double(sampleRate))
    let turn = 2 * Double.pi / Double(count)
    var previous = 0.0
    var beforePrevious = 0.0
    for index in 0..<count {
      let window = 0.5 - 0.5 * cos(turn * Double(index))
      let next = Double(samples[index]) * window + coefficient * previous - beforePrevious
      beforePrevious = previous
      previous = next
    }
    let power =
      previous * previous + beforePrevious * beforePrevious - coefficient * previous * beforePrevious
    // A sine of amplitude A gives |X| = A·count/2, and the Hann window halves it.
    return Level.decibels(amplitude: max(power, 0).squareRoot() * 4 / Double(count))
  }

  package func level(_ samples: [Int16]) -> Double {
    samples.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Level.floor }
      return level(base, count: buffer.count)
    }
  }
}
