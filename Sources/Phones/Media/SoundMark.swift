/// A mark within the sound itself that says which phone sent it and in which of its frames, so that the way of a
/// frame can be timed through a relay, a mixer and a change of codec alike.
///
/// 64 samples in a row, each one bit by its sign: 12 bits of sync, 16 of the stream, 24 of the frame, 12 of
/// check. Loud enough to be read with another, quieter voice mixed in, or lowered by 12 dB.
package struct SoundMark: Hashable, Sendable {
  package var stream: UInt16
  /// Counts the frames of that stream; 24 bits.
  package var frame: UInt32

  package init(stream: UInt16, frame: UInt32) {
    self.stream = stream
    self.frame = frame & 0xFF_FFFF
  }

  /// Samples of a mark: 8 ms at 8,000 Hz, so that it fits in a packet of 10 ms.
  package static let length = 64
  /// In sample units.
  package static let amplitude: Int16 = 16_000
  /// What counts as a bit, in sample units.
  package static let threshold: Int16 = 2_000

  private static let sync: UInt64 = 0xD2B

  private static func check(_ body: UInt64) -> UInt64 {
    var hash = body &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
    return (hash &* 0xBF58_476D_1CE4_E5B9) >> 52
  }

  private var bits: UInt64 {
    let body = UInt64(stream) << 24 | UInt64(frame)
    return Self.sync << 52 | body << 12 | Self.check(body)
  }

  private init?(bits: UInt64) {
    guard bits >> 52 == Self.sync else { return nil }
    let body = bits >> 12 & 0xFF_FFFF_FFFF
    guard Self.check(body) == bits & 0xFFF else { return nil }
    self.init(stream: UInt16(truncatingIfNeeded: body >> 24), frame: UInt32(truncatingIfNeeded: body))
  }

  /// Writes a frame that begins with the mark and goes on in silence.
  package func write(_ output: UnsafeMutablePointer<Int16>, count: Int) {
    let bits = bits
    for index in 0..<count {
      guard index < Self.length else {
        output[index] = 0
        continue
      }
      output[index] = bits >> UInt64(63 - index) & 1 == 1 ? Self.amplitude : -Self.amplitude
    }
  }

  /// Finds marks in a stream of samples, wherever the packets are cut. A plain value.
  package struct Reader: Hashable, Sendable {
    private var register: UInt64 = 0
    private var symbols = 0
    /// When the first of the last 64 symbols sounded, in ns.
    private var start: Int64 = 0

    package init() {}

    /// - Parameter arrival: of the packet, ns; its sample *n* sounds n × 125 µs later.
    /// - Parameter found: a mark and when its first sample sounded.
    package mutating func read(
      _ samples: UnsafePointer<Int16>, count: Int, arrival: Int64,
      found: (SoundMark, _ sounded: Int64) -> Void
    ) {
      for index in 0..<count {
        let sample = samples[index]
        guard sample > SoundMark.threshold || sample < -SoundMark.threshold else {
          symbols = 0
          continue
        }
        register = register << 1 | (sample > 0 ? 1 : 0)
        symbols += 1
        if symbols == 1 { start = arrival + Int64(index) * 125_000 }
        if symbols > SoundMark.length { start += 125_000 }
        if symbols >= SoundMark.length, let mark = SoundMark(bits: register) {
          found(mark, start)
          symbols = 0
        }
      }
    }
  }
}
