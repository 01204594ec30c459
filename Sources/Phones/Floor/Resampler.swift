import Glibc

/// Brings a recording to another sample rate, at leisure and well: a windowed sinc over 32 samples each way.
enum Resampler {
  private static let reach = 32

  static func convert(_ samples: [Int16], from source: Int, to target: Int) -> [Int16] {
    guard source != target, source > 0, !samples.isEmpty else { return samples }
    let ratio = Double(source) / Double(target)
    // Below half of the lower rate, with room for the filter's slope.
    let cutoff = min(1, 1 / ratio) * 0.92
    let width = Double(reach) / cutoff
    return samples.withUnsafeBufferPointer { input in
      (0..<Int(Double(input.count) / ratio)).map { index in
        let center = Double(index) * ratio
        let first = max(Int(center - width) + 1, 0)
        let last = min(Int(center + width), input.count - 1)
        var sum = 0.0
        for position in first...max(first, last) {
          let distance = Double(position) - center
          sum += Double(input[position]) * kernel(distance, cutoff: cutoff, width: width)
        }
        return Int16(max(-32_768, min(32_767, sum.rounded())))
      }
    }
  }

  private static func kernel(_ distance: Double, cutoff: Double, width: Double) -> Double {
    let window = 0.5 + 0.5 * cos(.pi * distance / width)
    let angle = .pi * distance * cutoff
    return cutoff * window * (abs(angle) < 1e-9 ? 1 : sin(angle) / angle)
  }
}
