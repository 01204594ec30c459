import CSpanDSP

/// Makes up for sound that never came, out of the sound before it: the last period of the voice again and again, fading to
/// silence within 50 ms, and blended with what follows (as ITU-T G.711 Appendix I does). Its state lies in memory of its
/// owner.
struct GapFiller {
  /// What is made up, at most, in ticks of 8 kHz: nothing is left of the sound afterwards.
  static let most = 400
  private let state: UnsafeMutablePointer<plc_state_t>
  private let band: Band
  /// The library's own, in its state. Swift takes it for a tuple of as many elements, which is no thing to handle on the
  /// packet path.
  private let history: UnsafeMutablePointer<Int16>

  /// Bytes that `init` takes.
  static let storage = MemoryLayout<plc_state_t>.stride

  init(_ band: Band, memory: UnsafeMutableRawPointer) {
    self.band = band
    state = memory.initializeMemory(as: plc_state_t.self, repeating: plc_state_t(), count: 1)
    plc_init(state)
    guard let offset = MemoryLayout<plc_state_t>.offset(of: \.history) else {
      preconditionFailure("spandsp's state of a gap has no history")
    }
    history = (UnsafeMutableRawPointer(state) + offset).assumingMemoryBound(to: Int16.self)
  }

  /// Notes sound that is played; the first of it after a gap is blended with what was made up.
  func play(_ samples: UnsafeMutablePointer<Int16>, ticks: Int) {
    plc_rx(state, samples, Int32(band.samples(ticks)))
  }

  /// Makes up sound.
  func fill(_ samples: UnsafeMutablePointer<Int16>, ticks: Int) {
    unroll()
    plc_fillin(state, samples, Int32(band.samples(ticks)))
  }

  /// Goes on where another stops. What it knows of the other band's sound is of no use.
  func copy(_ other: GapFiller) {
    if other.band == band { state.pointee = other.state.pointee } else { plc_init(state) }
  }

  /// Lets the history begin with its oldest sample. The library does the same before it makes something up, but by
  /// `memcpy` between stretches that overlap, which means nothing in C (plc.c, normalise_history).
  private func unroll() {
    let start = Int(state.pointee.buf_ptr)
    guard state.pointee.missing_samples == 0, start > 0 else { return }
    let count = MemoryLayout.size(ofValue: state.pointee.history) / MemoryLayout<Int16>.stride
    Self.reverse(history, 0, start)
    Self.reverse(history, start, count)
    Self.reverse(history, 0, count)
    state.pointee.buf_ptr = 0
  }

  private static func reverse(_ samples: UnsafeMutablePointer<Int16>, _ from: Int, _ end: Int) {
    var (first, last) = (from, end &- 1)
    while first < last {
      (samples[first], samples[last]) = (samples[last], samples[first])
      first &+= 1
      last &-= 1
    }
  }
}
