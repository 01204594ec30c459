import Glibc

/// A linear gain in Q15: 32,768 is unity. At most just under +6.02 dB, so that a product with a sample, and
/// its rounding, always fits in `Int32`.
package struct Gain: Hashable, Sendable, Comparable {
  package let q15: Int32

  /// Clamped to silence … +6 dB.
  package init(q15: Int32) { self.q15 = min(max(q15, 0), 65_535) }

  /// `-.infinity` is silence.
  package init(decibels: Double) {
    let linear = pow(10, decibels / 20) * 32_768
    self.init(q15: linear.isFinite ? Int32(min(linear.rounded(), 65_535)) : (decibels > 0 ? 65_535 : 0))
  }

  package static let unity = Gain(q15: 32_768)
  package static let silence = Gain(q15: 0)

  package var decibels: Double { q15 == 0 ? -.infinity : 20 * log10(Double(q15) / 32_768) }

  package static func < (left: Gain, right: Gain) -> Bool { left.q15 < right.q15 }
}
