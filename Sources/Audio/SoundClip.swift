/// A sound rendered once and played often: the hold sound, a prompt, an announcement. Read by sample index,
/// so a player needs no state but the index; reading allocates nothing and may happen on several workers at
/// once.
package final class SoundClip: @unchecked Sendable {  // `samples` is written in `init` only
  private let samples: UnsafeMutablePointer<Int16>
  /// Length in samples.
  package let count: Int
  /// Whether it starts again at its end.
  package let loops: Bool
  /// Hz.
  package let sampleRate: Int

  package init(_ source: [Int16], loops: Bool = false, sampleRate: Int = 8_000) {
    samples = .allocate(capacity: max(source.count, 1))
    for (index, sample) in source.enumerated() { (samples + index).initialize(to: sample) }
    count = source.count
    self.loops = loops
    self.sampleRate = sampleRate
  }

  deinit { samples.deallocate() }

  /// Milliseconds.
  package var duration: Int { count * 1_000 / sampleRate }

  /// Writes `count` samples from `index` on. A clip that does not loop is followed by silence.
  /// - Parameter index: samples since the clip's start, 0 or more.
  /// - Returns: whether there is more to play after them.
  @discardableResult
  package func fill(_ output: UnsafeMutablePointer<Int16>, count wanted: Int, at index: Int) -> Bool {
    var written = 0
    if count > 0, index >= 0 {
      var position = loops ? index % count : index
      while written < wanted, position < count {
        let run = min(wanted - written, count - position)
        (output + written).update(from: samples + position, count: run)
        written += run
        position += run
        if loops, position == count { position = 0 }
      }
    }
    (output + written).update(repeating: 0, count: wanted - written)
    return loops ? count > 0 : index + wanted < count
  }
}
