/// The last few seconds of what a phone heard. Owned by the media thread.
final class HeardSound {
  private var ring: [Int16]
  /// Samples heard since the beginning.
  private(set) var total = 0

  /// - Parameter capacity: in samples.
  init(capacity: Int) {
    ring = [Int16](repeating: 0, count: max(capacity, 1))
  }

  func append(_ samples: UnsafePointer<Int16>, count: Int) {
    ring.withUnsafeMutableBufferPointer { ring in
      var index = total % ring.count
      for sample in 0..<count {
        ring[index] = samples[sample]
        index += 1
        if index == ring.count { index = 0 }
      }
    }
    total += count
  }

  /// Sound that was lost on the way.
  func appendSilence(_ count: Int) {
    var zero: Int16 = 0
    for _ in 0..<min(count, ring.count) { append(&zero, count: 1) }
  }

  /// From the sample `start` (counted from the beginning) to now, as far as it is still there.
  func samples(from start: Int) -> [Int16] {
    let first = max(start, total - ring.count, 0)
    guard first < total else { return [] }
    return (first..<total).map { ring[$0 % ring.count] }
  }
}
