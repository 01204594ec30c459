import Audio

/// The samples of a playout queue, by their positions since its beginning. Positions and lengths are in ticks of 8 kHz,
/// whatever the band. Its memory is its owner's.
struct SampleRing {
  /// Ticks: 256 ms.
  static let capacity = 2_048
  /// Over which a cut is blended: 5 ms.
  static let fade = 40
  /// Below this (-40 dBFS) a cut is not heard.
  private static let quiet: Int32 = 328
  /// How much shorter than wanted a cut may be, to fit the sound: the longest period of a voice.
  private static let search = 100

  let band: Band
  private let samples: UnsafeMutablePointer<Int16>

  /// Bytes that `init` takes.
  static func storage(_ band: Band) -> Int { band.samples(capacity) * MemoryLayout<Int16>.stride }

  init(_ band: Band, memory: UnsafeMutableRawPointer) {
    self.band = band
    samples = memory.initializeMemory(as: Int16.self, repeating: 0, count: band.samples(Self.capacity))
  }

  private var mask: Int { band.samples(Self.capacity) &- 1 }

  func write(_ source: UnsafePointer<Int16>, at position: Int, ticks: Int) {
    var source = source
    chunks(position, ticks) { place, count in
      place.update(from: source, count: count)
      source += count
    }
  }

  func clear(at position: Int, ticks: Int) {
    chunks(position, ticks) { place, count in place.update(repeating: 0, count: count) }
  }

  func read(_ output: UnsafeMutablePointer<Int16>, at position: Int, ticks: Int) {
    var output = output
    chunks(position, ticks) { place, count in
      output.update(from: place, count: count)
      output += count
    }
  }

  /// The same sound out of another ring. Between the bands by the shortest of filters: it is a few milliseconds, once.
  func copy(_ other: SampleRing, _ positions: Range<Int>) {
    if other.band == band {
      return samples.update(from: other.samples, count: band.samples(Self.capacity))
    }
    for position in positions {
      if band == .wide {
        let (sample, next) = (
          other[position], other[position &+ 1 < positions.upperBound ? position &+ 1 : position]
        )
        self[position &* 2] = sample
        self[position &* 2 &+ 1] = Int16((Int32(sample) &+ Int32(next)) / 2)
      } else {
        self[position] = Int16((Int32(other[position &* 2]) &+ Int32(other[position &* 2 &+ 1])) / 2)
      }
    }
  }

  func isQuiet(at position: Int, ticks: Int) -> Bool {
    for index in band.samples(position)..<band.samples(position &+ ticks) {
      let sample = Int32(self[index])
      if sample > Self.quiet || sample < -Self.quiet { return false }
    }
    return true
  }

  /// Leaves out what is at `position`: what follows it is blended with the first of it.
  /// - Parameter length: ticks, at most; as many are left out as fit the sound best, so that a vowel stays one.
  /// - Returns: ticks left out.
  func cut(at position: Int, length: Int) -> Int {
    var (best, least) = (length, Int.max)
    let (shortest, longest) = (max(length - Self.search, Self.fade, length / 2), max(length, Self.fade))
    for candidate in shortest...longest {
      let difference = difference(position, position &+ candidate)
      // Of two that fit alike the longer one.
      if difference <= least { (best, least) = (candidate, difference) }
    }
    best = min(best, length)
    let (old, new, fade) = (band.samples(position), band.samples(position &+ best), band.samples(Self.fade))
    // Backwards: where little is left out, the two overlap.
    for back in 1...fade {
      let index = fade &- back
      let sum = Int32(self[old &+ index]) &* Int32(fade &- index) &+ Int32(self[new &+ index]) &* Int32(index)
      self[new &+ index] = Int16(sum / Int32(fade))
    }
    return best
  }

  /// How much the sounds of a fade's length differ.
  private func difference(_ a: Int, _ b: Int) -> Int {
    var sum = 0
    for index in 0..<band.samples(Self.fade) {
      sum &+= abs(Int(self[band.samples(a) &+ index]) &- Int(self[band.samples(b) &+ index]))
    }
    return sum
  }

  /// By sample, not tick.
  private subscript(index: Int) -> Int16 {
    get { samples[index & mask] }
    nonmutating set { samples[index & mask] = newValue }
  }

  /// The one or two stretches of memory that a range lies in.
  private func chunks(_ position: Int, _ ticks: Int, _ body: (UnsafeMutablePointer<Int16>, Int) -> Void) {
    let start = band.samples(position) & mask
    let first = min(band.samples(ticks), mask &+ 1 &- start)
    body(samples + start, first)
    if first < band.samples(ticks) { body(samples, band.samples(ticks) &- first) }
  }
}
