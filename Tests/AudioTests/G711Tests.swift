import Audio
import Testing

@Suite("G.711")
struct G711Tests {
  /// The decoder output of ITU-T G.711, tables 1 and 2, by its formula: segment s, step k.
  private func standard(_ law: G711Law, _ code: UInt8) -> Int {
    let bits = Int(law == .mu ? code ^ 0xFF : code ^ 0x55)
    let segment = bits >> 4 & 7
    let step = bits & 15
    let isPositive = code & 0x80 != 0
    let magnitude: Int
    switch law {
    case .mu: magnitude = ((2 * step + 33) << segment - 33) * 4
    case .a: magnitude = (segment == 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1)) * 8
    }
    return isPositive ? magnitude : -magnitude
  }

  @Test("M11 all 256 codes of each law decode as the tables of G.711 say", arguments: G711Law.allCases)
  func decoding(law: G711Law) {
    for code in UInt8.min...UInt8.max {
      #expect(Int(G711.decode(law, code)) == standard(law, code), "code \(code)")
    }
  }

  @Test(
    "M11 known codes",
    arguments: [
      (G711Law.mu, Int16(0), UInt8(0xFF)), (.mu, -1, 0x7F), (.mu, 32_767, 0x80), (.mu, -32_768, 0x00),
      (.mu, 1_000, 0xCE), (.mu, -1_000, 0x4E), (.mu, 8, 0xFE), (.mu, -8, 0x7E),
      (.a, 0, 0xD5), (.a, -1, 0x55), (.a, 32_767, 0xAA), (.a, -32_768, 0x2A), (.a, 1_000, 0xFA),
      (.a, -1_000, 0x7A), (.a, 16, 0xD4), (.a, 4_096, 0x85),
    ])
  func vectors(law: G711Law, sample: Int16, code: UInt8) {
    #expect(G711.encode(law, sample) == code)
  }

  @Test(
    "M11 every sample is coded to a level at most half a step away, and order is kept",
    arguments: G711Law.allCases)
  func encoding(law: G711Law) {
    // Above the virtual decision level everything is the last level.
    let greatest = law == .mu ? 32_635 : 32_767
    var failures = 0
    var last = Int.min
    for sample in Int16.min...Int16.max {
      let code = G711.encode(law, sample)
      let segment = Int(law == .mu ? code ^ 0xFF : code ^ 0x55) >> 4 & 7
      let halfStep = law == .mu ? 4 << segment : 8 << max(segment - 1, 0)
      let level = standard(law, code)
      let limited = min(max(Int(sample), -greatest - 1), greatest)
      if abs(level - limited) > halfStep || level < last { failures += 1 }
      last = level
    }
    #expect(failures == 0)
  }

  @Test("M11 what was coded once is coded again without change", arguments: G711Law.allCases)
  func idempotence(law: G711Law) {
    for code in UInt8.min...UInt8.max {
      let sample = G711.decode(law, code)
      #expect(G711.decode(law, G711.encode(law, sample)) == sample)
      // µ-law's negative zero is the one code that linear sound can't tell.
      if law == .a || code != 0x7F { #expect(G711.encode(law, sample) == code) }
    }
  }

  @Test("M11 the tables of the packet path are the definition", arguments: G711Law.allCases)
  func tables(law: G711Law) {
    let tables = G711Tables.shared
    let samples = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
    var codes = [UInt8](repeating: 0, count: samples.count)
    tables.encode(law, samples, count: samples.count, into: &codes)
    #expect(codes == samples.map { G711.encode(law, $0) })
    let all = [UInt8](UInt8.min...UInt8.max)
    var decoded = [Int16](repeating: 1, count: 256)
    tables.decode(law, all, count: 256, into: &decoded)
    #expect(decoded == all.map { G711.decode(law, $0) })
  }

  @Test("M11 µ to A and back goes by way of linear; the same law is copied, negative zero too")
  func transcoding() {
    let tables = G711Tables.shared
    let all = [UInt8](UInt8.min...UInt8.max)
    for source in G711Law.allCases {
      for target in G711Law.allCases {
        var output = [UInt8](repeating: 0, count: 256)
        tables.transcode(from: source, to: target, all, count: 256, into: &output)
        let expected =
          source == target ? all : all.map { G711.encode(target, G711.decode(source, $0)) }
        #expect(output == expected)
      }
    }
    var inPlace = all
    inPlace.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      tables.transcode(from: .a, to: .mu, base, count: 256, into: base)
    }
    #expect(inPlace == all.map { G711.encode(.mu, G711.decode(.a, $0)) })
  }

  @Test("M11 a gap is filled with what decodes to the smallest sample", arguments: G711Law.allCases)
  func silence(law: G711Law) {
    #expect(abs(Int(G711.decode(law, law.silence))) <= 8)
    #expect(G711.encode(law, 0) == law.silence)
  }
}
