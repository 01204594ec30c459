import Glibc

/// How loud a block of samples is, in dBFS. 0 dBFS is a sine that just reaches full scale, for the peak and
/// for the RMS alike (AES17), so a tone made at −10 dBFS measures −10 by either. Silence is `Level.floor`.
package struct Level: Hashable, Sendable {
  package let peak: Double
  package let rms: Double

  /// What stands for digital silence: less than the smallest sample (−90 dBFS).
  package static let floor = -120.0

  package init(_ samples: UnsafePointer<Int16>, count: Int) {
    var squares = 0.0
    for index in 0..<count { squares += Double(samples[index]) * Double(samples[index]) }
    peak = Level.decibels(amplitude: Double(Level.peak(samples, count: count)))
    rms = Level.decibels(amplitude: count == 0 ? 0 : (2 * squares / Double(count)).squareRoot())
  }

  /// The greatest magnitude in the block, 0 … 32,768. The cheap measure of the packet path.
  @inlinable
  package static func peak(_ samples: UnsafePointer<Int16>, count: Int) -> Int32 {
    // The extremes of 16-bit samples are one vector instruction each on every x86-64; magnitudes are not.
    var highest: Int16 = 0
    var lowest: Int16 = 0
    for index in 0..<count {
      highest = max(highest, samples[index])
      lowest = min(lowest, samples[index])
    }
    return max(Int32(highest), 0 &- Int32(lowest))
  }

  /// dBFS of a sine of that amplitude (in sample units).
  package static func decibels(amplitude: Double) -> Double {
    amplitude > 0 ? max(20 * log10(amplitude / 32_767), floor) : floor
  }

  /// The amplitude in sample units of a sine of that level.
  package static func amplitude(decibels: Double) -> Double { pow(10, decibels / 20) * 32_767 }
}
