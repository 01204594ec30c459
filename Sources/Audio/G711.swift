/// The two companding laws of ITU-T G.711. RTP payload types 0 (µ) and 8 (A), 8,000 samples/s, one byte each.
package enum G711Law: UInt8, Sendable, Hashable, CaseIterable {
  case mu
  case a

  /// The static RTP payload type (RFC 3551, table 4).
  package var payloadType: UInt8 { self == .mu ? 0 : 8 }

  /// The byte that decodes to silence; what a gap is filled with.
  package var silence: UInt8 { self == .mu ? 0xFF : 0xD5 }
}

/// One G.711 code ↔ one 16-bit linear sample, by arithmetic (ITU-T G.711 and its reference model in
/// G.191). It is the definition that `G711Tables` is filled from; the packet path uses the tables.
///
/// Linear samples are left-justified: µ-law carries the upper 14 bits, A-law the upper 13.
package enum G711 {
  package static func decode(_ law: G711Law, _ code: UInt8) -> Int16 {
    law == .mu ? decodeMu(code) : decodeA(code)
  }

  package static func encode(_ law: G711Law, _ sample: Int16) -> UInt8 {
    law == .mu ? encodeMu(sample) : encodeA(sample)
  }

  private static func decodeMu(_ code: UInt8) -> Int16 {
    let inverted = ~code
    let segment = Int32(inverted >> 4) & 7
    let mantissa = Int32(inverted & 0x0F)
    let magnitude = ((mantissa << 3) + 0x84) << segment - 0x84
    return Int16(code < 0x80 ? -magnitude : magnitude)
  }

  private static func encodeMu(_ sample: Int16) -> UInt8 {
    // One's complement keeps the decision levels of both signs alike, as G.191's model does.
    let magnitude = min(Int32(sample < 0 ? ~sample : sample) >> 2 + 33, 0x1FFF)
    let segment = Int32(26 - magnitude.leadingZeroBitCount)
    let mantissa = (magnitude >> (segment + 1)) & 0x0F
    let inverted = UInt8(segment << 4 | mantissa) | (sample < 0 ? 0x80 : 0)
    return ~inverted
  }

  private static func decodeA(_ code: UInt8) -> Int16 {
    let toggled = code ^ 0x55
    let segment = Int32(toggled >> 4) & 7
    let mantissa = Int32(toggled & 0x0F) << 4 + 8
    let magnitude = segment == 0 ? mantissa : (mantissa + 0x100) << (segment - 1)
    return Int16(toggled < 0x80 ? -magnitude : magnitude)
  }

  private static func encodeA(_ sample: Int16) -> UInt8 {
    let magnitude = Int32(sample < 0 ? ~sample : sample) >> 4
    let segment = max(Int32(28 - magnitude.leadingZeroBitCount), 0)
    let mantissa = (magnitude >> max(segment - 1, 0)) & 0x0F
    let toggled = UInt8(segment << 4 | mantissa) | (sample < 0 ? 0 : 0x80)
    return toggled ^ 0x55
  }
}
