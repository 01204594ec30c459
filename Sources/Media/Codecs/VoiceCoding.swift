import Audio
import RTP

/// How the sound of a packet is written.
enum VoiceCoding: UInt8, CaseIterable {
  case mu, a, opus, g722
  /// 16-bit samples, within the worker only.
  case linear

  init(_ format: AudioFormat) {
    self =
      if format.isSameEncoding(as: .pcma) {
        .a
      } else if format.isSameEncoding(as: .opus) {
        .opus
      } else if format.isSameEncoding(as: .g722) {
        .g722
      } else {
        .mu
      }
  }

  init(_ law: G711Law) { self = law == .mu ? .mu : .a }

  var law: G711Law? {
    switch self {
    case .mu: .mu
    case .a: .a
    case .opus, .g722, .linear: nil
    }
  }

  /// The widest sound that it carries, as far as the worker goes: Opus could carry more.
  var band: Band { isStateful ? .wide : .narrow }

  /// One packet can't be understood without those before it.
  var isStateful: Bool { self == .opus || self == .g722 }

  /// Ticks of the RTP clock in a sample at 8 kHz.
  var clock: UInt32 { self == .opus ? 6 : 1 }
}
