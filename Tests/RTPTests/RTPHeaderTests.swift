import RTP
import TestKit
import Testing

@Suite("RTP header")
struct RTPHeaderTests {
  private let header = RTPHeader(
    payloadType: 101, marker: true, sequence: 0xFFFE, timestamp: 0xDEAD_BEEF, ssrc: 0x0102_0304)

  @Test("M11 what is written is read back")
  func roundTrip() {
    let packet = header.packet([1, 2, 3])
    #expect(packet[..<12] == [0x80, 0xE5, 0xFF, 0xFE, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4])
    var expected = header
    expected.payloadLength = 3
    #expect(RTPHeader.parse(packet) == expected)
  }

  @Test("M11 CSRC list, extension and padding are passed over")
  func extras() {
    let fixed: [UInt8] = [0x90 | 0x20 | 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    let sources: [UInt8] = [9, 9, 9, 9, 8, 8, 8, 8]
    let packet = fixed + sources + [0xBE, 0xDE, 0, 1, 7, 7, 7, 7] + [42, 43] + [0, 0, 3]
    let parsed = RTPHeader.parse(packet)
    #expect(parsed?.payloadOffset == 28 && parsed?.payloadLength == 2)
  }

  @Test(
    "X4 what is not well-formed is refused",
    arguments: [
      [], [0x80], [UInt8](repeating: 0x80, count: 11),
      [0x00] + [UInt8](repeating: 0, count: 20),  // version 0: STUN
      [0x40] + [UInt8](repeating: 0, count: 20), [0xC0] + [UInt8](repeating: 0, count: 20),
      [0x81] + [UInt8](repeating: 0, count: 14),  // CSRC beyond the end
      [0x90] + [UInt8](repeating: 0, count: 14),  // extension header cut
      [0x90] + [UInt8](repeating: 0, count: 13) + [0xFF, 0xFF, 0, 0],  // extension beyond the end
      [0xA0] + [UInt8](repeating: 0, count: 11),  // padding without a byte
      [0xA0] + [UInt8](repeating: 0, count: 12),  // padding of 0
      [0xA0] + [UInt8](repeating: 0, count: 11) + [2],  // padding into the header
    ])
  func malformed(packet: [UInt8]) {
    #expect(RTPHeader.parse(packet) == nil)
  }

  @Test("X4 100,000 random datagrams: whatever is accepted lies within its bytes")
  func hostile() {
    var random = SeededGenerator(seed: 1)
    var accepted = 0
    for round in 0..<100_000 {
      var bytes = random.bytes(upTo: 80)
      if round % 2 == 0, !bytes.isEmpty { bytes[0] = bytes[0] & 0x3F | 0x80 }
      guard let parsed = RTPHeader.parse(bytes) else { continue }
      accepted += 1
      #expect(parsed.payloadOffset >= 12 && parsed.payloadLength >= 0)
      #expect(parsed.payloadOffset + parsed.payloadLength <= bytes.count)
    }
    #expect(accepted > 1_000)
  }

  @Test("M1 a rewritten packet keeps its first byte and all after its SSRC")
  func rewriting() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<1_000 {
      let original = header.packet(random.bytes(upTo: 172))
      var packet = original
      let numbers = RTPHeader(
        payloadType: .random(in: 0...127, using: &random), marker: .random(using: &random),
        sequence: .random(in: .min ... .max, using: &random),
        timestamp: .random(in: .min ... .max, using: &random),
        ssrc: .random(in: .min ... .max, using: &random),
        payloadLength: original.count - 12)
      packet.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        RTPHeader.rewrite(
          base, payloadType: numbers.payloadType, marker: numbers.marker, sequence: numbers.sequence,
          timestamp: numbers.timestamp, ssrc: numbers.ssrc)
      }
      #expect(RTPHeader.parse(packet) == numbers)
      #expect(packet[0] == original[0] && packet[12...] == original[12...])
    }
  }

  @Test("numbers that wrap are compared across the wrap")
  func distance() {
    #expect(SequenceDistance.from(UInt16(65_535), to: 1) == 2)
    #expect(SequenceDistance.from(UInt16(1), to: 65_535) == -2)
    #expect(SequenceDistance.from(UInt32.max, to: 159) == 160)
    #expect(SequenceDistance.isAfter(UInt16(0), 65_535) && !SequenceDistance.isAfter(UInt16(7), 7))
    #expect(SequenceDistance.isAfter(UInt32(0), .max) && !SequenceDistance.isAfter(UInt32.max, 0))
  }
}
