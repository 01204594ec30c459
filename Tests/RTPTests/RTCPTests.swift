import RTP
import TestKit
import Testing

@Suite("RTCP")
struct RTCPTests {
  private let info = RTCP.SenderInfo(
    time: NTPTime(seconds: 0xE000_0001, fraction: 0x8000_0000), timestamp: 160, packets: 50, octets: 8_000)
  private let block = RTCP.ReportBlock(
    ssrc: 0xAABB_CCDD, fractionLost: 12, cumulativeLost: -5, extendedHighest: 70_000, jitter: 9,
    lastSenderReport: 1, delaySinceLastSenderReport: 2)

  private func written(
    sender: RTCP.SenderInfo?, report: RTCP.ReportBlock?, cname: String = "earshot@host", bye: Bool = false
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: RTCP.capacity(cname: cname)) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      count = RTCP.write(
        base, capacity: buffer.count, ssrc: 0x1122_3344, sender: sender, report: report, cname: cname,
        bye: bye)
    }
  }

  private func parse(_ bytes: [UInt8], reportOn source: UInt32 = 0xAABB_CCDD) -> RTCP.Received? {
    bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.flatMap { RTCP.parse($0, count: buffer.count, reportOn: source) }
    }
  }

  @Test("what is written is read back: sender and receiver reports, with and without a block and BYE")
  func roundTrip() {
    for sender in [info, nil] {
      for report in [block, nil] {
        for bye in [false, true] {
          for length in 0...9 {
            let bytes = written(
              sender: sender, report: report, cname: String(repeating: "x", count: length), bye: bye)
            #expect(bytes.count % 4 == 0 && !bytes.isEmpty)
            #expect(
              parse(bytes)
                == RTCP.Received(sender: 0x1122_3344, senderInfo: sender, report: report, bye: bye))
          }
        }
      }
    }
    #expect(parse(written(sender: info, report: block), reportOn: 1)?.report == nil)
  }

  @Test("the bytes of a receiver report are those of RFC 3550")
  func layout() {
    let expected: [UInt8] =
      [0x81, 201, 0, 7, 0x11, 0x22, 0x33, 0x44, 0xAA, 0xBB, 0xCC, 0xDD, 12, 0xFF, 0xFF, 0xFB]
      + [0, 1, 0x11, 0x70, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2]
      + [0x81, 202, 0, 2, 0x11, 0x22, 0x33, 0x44, 1, 1, 0x61, 0]
    #expect(written(sender: nil, report: block, cname: "a") == expected)
  }

  @Test("a report that does not fit is not written")
  func capacity() {
    let name = String(repeating: "n", count: 256)
    #expect(written(sender: info, report: block, cname: name).isEmpty)
    var small = [UInt8](repeating: 0, count: 40)
    let length = small.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map {
        RTCP.write($0, capacity: 40, ssrc: 1, sender: info, report: block, cname: "a")
      }
    }
    #expect(length == 0)
    let fullest = written(sender: info, report: block, cname: String(repeating: "n", count: 255), bye: true)
    #expect(fullest.count <= RTCP.capacity(cname: String(repeating: "n", count: 255)))
    #expect(parse(fullest)?.bye == true)
  }

  @Test(
    "X4 what is not well-formed is refused as a whole",
    arguments: [
      [], [0x80, 201, 0, 0], [0x80, 201, 0, 2, 1, 2, 3, 4],  // too short; longer than the datagram
      [0x40, 201, 0, 1, 1, 2, 3, 4],  // version
      [0x81, 201, 0, 1, 1, 2, 3, 4],  // a block that is not there
      [0x80, 200, 0, 1, 1, 2, 3, 4],  // sender info that is not there
      [0x82, 203, 0, 1, 1, 2, 3, 4],  // BYE of two, with one
      [0x80, 0, 0, 1, 1, 2, 3, 4],  // no RTCP type
      [0xA0, 201, 0, 1, 1, 2, 3, 0],  // padding of 0
      [0xA0, 201, 0, 1, 1, 2, 3, 8],  // padding into the header
      [0xA0, 201, 0, 2, 1, 2, 3, 4, 0, 0, 0, 4, 0x80, 201, 0, 1, 1, 2, 3, 4],  // padding before the end
      [0x80, 201, 0, 1, 1, 2, 3, 4, 0x80],  // not in words
    ])
  func malformed(bytes: [UInt8]) {
    #expect(parse(bytes) == nil)
  }

  @Test("padding at the end, unknown types and a lone BYE are read")
  func tolerated() {
    #expect(parse([0xA0, 201, 0, 2, 1, 2, 3, 4, 0, 0, 0, 4]) == RTCP.Received(sender: 0x0102_0304))
    #expect(parse([0x81, 203, 0, 1, 1, 2, 3, 4])?.bye == true)
    #expect(parse([0x80, 207, 0, 1, 1, 2, 3, 4, 0x81, 203, 0, 1, 1, 2, 3, 4])?.sender == 0x0102_0304)
  }

  @Test("X4 100,000 damaged reports are read or refused")
  func hostile() {
    var random = SeededGenerator(seed: 10)
    let valid = written(sender: info, report: block, bye: true)
    var read = 0
    for round in 0..<100_000 {
      var bytes = round % 2 == 0 ? valid : random.bytes(upTo: 120)
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: .min ... .max, using: &random)
      }
      if parse(bytes) != nil { read += 1 }
    }
    #expect((1_000..<99_000).contains(read))
  }

  @Test("RTCP is told from RTP on one port, as RFC 5761 says")
  func demultiplexing() {
    func isRTCP(_ bytes: [UInt8]) -> Bool {
      bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { RTCP.isRTCP($0, count: buffer.count) } ?? false
      }
    }
    #expect(isRTCP(written(sender: info, report: nil)))
    for payloadType in UInt8(0)...127 where !(64...95).contains(payloadType) {
      for marker in [false, true] {
        let header = RTPHeader(payloadType: payloadType, marker: marker, sequence: 1, timestamp: 1, ssrc: 1)
        #expect(!isRTCP(header.packet([])))
      }
    }
    #expect(!isRTCP([0x80, 200]))
  }

  @Test("round trip from a report's LSR and DLSR")
  func roundTripTime() {
    let sent = NTPTime(unixNanoseconds: 1_700_000_000_250_000_000)
    let now = NTPTime(unixNanoseconds: 1_700_000_000_250_000_000 + 5_080_000_000)
    var report = block
    report.lastSenderReport = sent.middle
    report.delaySinceLastSenderReport = 5 * 65_536
    let milliseconds = report.roundTrip(now: now)
    #expect(milliseconds.map { abs($0 - 80) < 0.1 } == true)
    #expect(report.roundTrip(now: sent) == nil, "answered before it was asked")
    report.lastSenderReport = 0
    #expect(report.roundTrip(now: now) == nil)
  }

  @Test("NTP time from Unix time and back", arguments: [0, 1, 999_999_999, 1_700_000_000_123_456_789])
  func ntp(nanoseconds: Int64) {
    let time = NTPTime(unixNanoseconds: nanoseconds)
    #expect(abs(time.unixNanoseconds - nanoseconds) <= 1)
    #expect(NTPTime(unixNanoseconds: 0) == NTPTime(seconds: 2_208_988_800, fraction: 0))
  }
}
