import Glibc
import RTP
import Supervision
import TestKit
import Testing

@testable import Media

/// Garbage, truncated packets and floods at the sockets of sound, by a party and by strangers.
@Suite("X4 floods at the media ports", .serialized)
struct FloodTests {
  private static let round = 20_000
  private static let sound = [UInt8](repeating: 0x55, count: 160)

  /// Random bytes, and pieces of what is right.
  private static func datagram(_ generator: inout SeededGenerator, like packets: [[UInt8]]) -> [UInt8] {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      return (0..<Int.random(in: 0...1_600, using: &generator)).map { _ in
        .random(in: 0...255, using: &generator)
      }
    case 1:
      let whole = packets.randomElement(using: &generator) ?? []
      return Array(whole.prefix(Int.random(in: 0...whole.count, using: &generator)))
    case 2:
      var whole = packets.randomElement(using: &generator) ?? [0]
      for _ in 0..<3 {
        whole[Int.random(in: 0..<whole.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      return whole
    default: return packets.randomElement(using: &generator) ?? []
    }
  }

  private static func report() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      count = RTCP.write(
        UnsafeMutableRawPointer(base), capacity: 256, ssrc: 5,
        sender: RTCP.SenderInfo(
          time: NTPTime(seconds: 9, fraction: 9), timestamp: 160, packets: 7, octets: 9), report: nil,
        cname: "flood", bye: true)
    }
  }

  /// Three rounds of `flood`; after the first one nothing grows any more.
  private func rounds(_ rig: Rig, _ flood: (Int) throws -> Void) throws {
    var resident: [Int] = []
    let descriptors = SystemFault.descriptors
    for round in 1...3 {
      for number in 0..<Self.round {
        try flood(number)
        // No faster than it is read: nothing may get lost in the socket, or the count proves nothing.
        if number % 40 == 0 { try rig.barrier() }
      }
      try rig.settle()
      resident.append(try ProcessSize.resident())
      #expect(SystemFault.descriptors <= descriptors, "round \(round)")
    }
    // A hundred bytes kept of each datagram would be 2 MB a round.
    #expect(resident[2] - resident[1] < 2_000_000, "resident after each round: \(resident)")
  }

  /// None is counted twice, and none passes uncounted but what a busy machine's kernel has dropped before us.
  private func isAccounted(_ counted: UInt64, of sent: UInt64) -> Bool {
    counted <= sent && counted > sent / 2
  }

  @Test("X4 60,000 datagrams at the sockets of a call's sound and reports: each is counted, the call goes on")
  func phones() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s a>s s>a")
      for phone in [customer, agent, supervisor] { phone.send(Self.sound) }
      try rig.settle()
      let before = try rig.counters()
      var generator = SeededGenerator(3550)
      let stranger = try UDPSocket(bind: try #require(SocketAddress("127.0.0.9", port: Rig.freePorts(2))))
      var open = stranger
      defer { open.close() }
      let packets = [
        RTPHeader(payloadType: 0, sequence: 9, timestamp: 9, ssrc: 9).packet(Self.sound),
        RTPHeader(payloadType: 101, sequence: 9, timestamp: 9, ssrc: 9).packet([5, 0x80, 0, 99]),
        Self.report(),
      ]
      var (own, foreign) = (0, 0)
      try rounds(rig) { number in
        let bytes = Self.datagram(&generator, like: packets)
        let target = [customer, agent, supervisor][number % 3]
        switch number % 4 {
        case 0, 1:
          target.send(packet: bytes)
          own += 1
        case 2:
          // The kernel drops what comes to the port of sound, not what comes to that of reports.
          bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
            _ = stranger.send(base, count: buffer.count, to: target.remote)
            _ = stranger.send(base, count: buffer.count, to: target.remote.with(port: target.remote.port + 1))
          }
          foreign += 1
        default:
          target.sendReport { place, capacity in
            let count = min(bytes.count, capacity)
            bytes.withUnsafeBytes {
              place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: count)
            }
            return count
          }
        }
        if number % 40 == 0 { for phone in [customer, agent, supervisor] { _ = phone.receiveAll() } }
      }
      let after = try rig.counters()
      #expect(isAccounted(after.strangers - before.strangers, of: UInt64(foreign)))
      #expect(isAccounted(after.packetsReceived - before.packetsReceived, of: UInt64(own)))
      #expect(after.malformed - before.malformed > UInt64(own) / 3)
      #expect(after.legs == 3 && after.receiveErrors == before.receiveErrors)
      // It goes on: whatever numbers the flood has left behind, a new stream of his is heard.
      for phone in [customer, agent, supervisor] { _ = phone.receiveAll() }
      var heard = false
      for number in 0..<20 where !heard {
        rig.clock.advance(ms: 20)
        customer.send([UInt8](repeating: UInt8(number), count: 160))
        heard = agent.receive(within: 200) != nil
      }
      #expect(heard)
    }
  }

  @Test(
    "X4 60,000 datagrams at the port of browsers: each is counted, and a browser in a call goes on hearing")
  func browsers() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      let stranger = try TestBrowser(port: Rig.freePorts(2))
      stranger.remote = browser.remote
      var generator = SeededGenerator(5389)
      let packets = [
        browser.check(), stranger.check(username: "whoknows:frag", password: "guessed"),
        RTPHeader(payloadType: 0, sequence: 9, timestamp: 9, ssrc: 9).packet(Self.sound), Self.report(),
        [0x16, 0xFE, 0xFD] + [UInt8](repeating: 0, count: 60),
      ]
      let before = try rig.counters()
      var garbage: UInt64 = 0
      try rounds(rig) { number in
        var bytes = Self.datagram(&generator, like: packets)
        let isHis = number % 2 == 0
        // A right check is no garbage, and DTLS of his own may end his connection.
        if isHis, let first = bytes.first, first < 64 { bytes[0] = 128 }
        if !isHis, bytes == packets[0] { bytes[20] ^= 1 }
        (isHis ? browser : stranger).send(raw: bytes)
        garbage += 1
        if number % 40 == 0 {
          customer.send(Self.sound)
          guard browser.receive()?.payload == Self.sound else {
            Issue.record("after \(number)")
            return
          }
        }
      }
      let after = try rig.counters()
      let counted =
        after.malformed + after.strangers + after.stunStrangers + after.stunRefusals + after.srtpFailures
        + after.shed
      let earlier =
        before.malformed + before.strangers + before.stunStrangers + before.stunRefusals + before.srtpFailures
        + before.shed
      #expect(isAccounted(counted - earlier, of: garbage))
      #expect(after.legs == 2)
    }
  }
}
