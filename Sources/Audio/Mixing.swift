/// Sums of linear samples. Each row of the mix plan sums its sources in `Int32` and clips once at the end;
/// nothing is ever mixed in to be subtracted again, so a loud call is not distorted. 65,536 full-scale
/// sources fit.
///
/// Plain loops: the compiler vectorises them better than SIMD types by hand do. `count` is in samples.
package enum Mixing {
  /// Starts an empty sum.
  @inlinable
  package static func clear(_ sum: UnsafeMutablePointer<Int32>, count: Int) {
    sum.update(repeating: 0, count: count)
  }

  /// Adds a source at unity gain.
  @inlinable
  package static func add(
    _ source: UnsafePointer<Int16>, into sum: UnsafeMutablePointer<Int32>, count: Int
  ) {
    for index in 0..<count { sum[index] &+= Int32(source[index]) }
  }

  /// Adds a source with a gain that runs in a straight line from `from` at the first sample to `to` at the
  /// sample after the last. A next block that starts at `to` goes on without a step, hence without a click.
  @inlinable
  package static func add(
    _ source: UnsafePointer<Int16>, into sum: UnsafeMutablePointer<Int32>, count: Int, from: Gain, to: Gain
  ) {
    if from.q15 == to.q15 {
      if from.q15 == 32_768 { return add(source, into: sum, count: count) }
      if from.q15 == 0 { return }
    }
    guard count > 0 else { return }
    // Gain in Q29 (16 bits of gain and 14 of fraction): neither the start nor any product with the index
    // overflows.
    let start = from.q15 << 14
    let step = ((to.q15 &- from.q15) << 14) / Int32(truncatingIfNeeded: count)
    for index in 0..<count {
      let gain = (start &+ Int32(truncatingIfNeeded: index) &* step) >> 14
      sum[index] &+= (Int32(source[index]) &* gain &+ 0x4000) >> 15
    }
  }

  /// The sum as 16-bit samples, saturated: the one place where a mix may clip.
  @inlinable
  package static func clip(
    _ sum: UnsafePointer<Int32>, count: Int, into output: UnsafeMutablePointer<Int16>
  ) {
    for index in 0..<count {
      output[index] = Int16(truncatingIfNeeded: min(max(sum[index], -32_768), 32_767))
    }
  }
}
