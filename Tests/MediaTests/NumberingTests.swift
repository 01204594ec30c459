import Testing

@testable import Media

@Suite("Numbers of what a listener is sent")
struct NumberingTests {
  private static let step: Int64 = 20_000_000

  private func start() -> Numbering { Numbering(ssrc: 7, sequence: 65_530, timestamp: 4_294_967_000) }

  @Test("M11 gaps and steps of a source stay as they are, across the wrap")
  func exact() throws {
    var numbering = start()
    let packets: [(UInt16, UInt32)] = [(10, 0), (11, 160), (13, 480), (12, 320), (14, 640), (15, 9_000)]
    var mapped: [(UInt16, UInt32)] = []
    for (index, packet) in packets.enumerated() {
      let numbers = numbering.map(
        source: 1, sequence: packet.0, timestamp: packet.1, samples: 160, now: Int64(index) * Self.step)
      mapped.append(try #require(numbers))
    }
    let first = mapped[0]
    for (packet, numbers) in zip(packets, mapped) {
      #expect(numbers.0 &- first.0 == packet.0 &- 10)
      #expect(numbers.1 &- first.1 == packet.1)
    }
  }

  @Test("M5 another source goes on with the next number, its timestamp by the time that passed")
  func change() throws {
    var numbering = start()
    let a = try numbering.sent(source: 1, sequence: 1, timestamp: 0, samples: 160, now: 0)
    let b = try numbering.sent(source: 2, sequence: 900, timestamp: 77, samples: 160, now: 3 * Self.step)
    #expect(b.sequence == a.sequence &+ 1)
    #expect(b.timestamp == a.timestamp &+ 480)
    let c = try numbering.sent(source: 2, sequence: 901, timestamp: 237, samples: 160, now: 4 * Self.step)
    #expect(c == (b.sequence &+ 1, b.timestamp &+ 160))
  }

  @Test("M5 many changes within a packet's time don't let the timestamp run away")
  func manyChanges() throws {
    var numbering = start()
    var now: Int64 = 0
    let first = try numbering.sent(source: 1, sequence: 0, timestamp: 0, samples: 160, now: now)
    var last = first
    for round in 1...1_000 {
      // The sources are 5 ms apart, and each sends one packet per turn.
      now += round % 2 == 1 ? 5_000_000 : 35_000_000
      let next = numbering.map(
        source: UInt64(1 + round % 2), sequence: UInt16(truncatingIfNeeded: round / 2 + 1),
        timestamp: UInt32(round / 2) * 320, samples: 160, now: now)
      let numbers = try #require(next)
      #expect(numbers.sequence == last.sequence &+ 1)
      #expect(Int32(bitPattern: numbers.timestamp &- last.timestamp) >= 160)
      last = numbers
    }
    let elapsed = UInt32(now / 125_000)
    #expect(Int32(bitPattern: last.timestamp &- first.timestamp &- elapsed).magnitude <= 200)
  }

  @Test("M2 blocks of our own fill a lost packet's place, and the source goes on after them")
  func fillLoss() throws {
    var numbering = start()
    let a = try numbering.sent(source: 1, sequence: 1, timestamp: 0, samples: 160, now: 0)
    let block = numbering.generate(samples: 160, now: 35_000_000)
    let c = try numbering.sent(source: 1, sequence: 3, timestamp: 320, samples: 160, now: 2 * Self.step)
    #expect(block == (a.sequence &+ 1, a.timestamp &+ 160))
    #expect(c == (a.sequence &+ 2, a.timestamp &+ 320))
    // The lost one after all: its place is taken.
    #expect(numbering.map(source: 1, sequence: 2, timestamp: 160, samples: 160, now: 3 * Self.step) == nil)
  }

  @Test("M2 a source that pauses (DTX) comes back without a break")
  func pause() throws {
    var numbering = start()
    let a = try numbering.sent(source: 1, sequence: 1, timestamp: 0, samples: 160, now: 0)
    for index in 1...10 {
      let block = numbering.generate(samples: 160, now: Int64(index) * Self.step + 15_000_000)
      #expect(block == (a.sequence &+ UInt16(index), a.timestamp &+ UInt32(index) * 160))
    }
    let back = try numbering.sent(
      source: 1, sequence: 2, timestamp: 11 * 160, samples: 160, now: 11 * Self.step)
    #expect(back == (a.sequence &+ 11, a.timestamp &+ 11 * 160))
  }

  @Test("M2 what comes after a stall, its place taken, is not sent late for good")
  func stall() throws {
    var numbering = start()
    let a = try numbering.sent(source: 1, sequence: 1, timestamp: 0, samples: 160, now: 0)
    for index in 0..<7 { _ = numbering.generate(samples: 160, now: 35_000_000 + Int64(index) * Self.step) }
    let burst = (1...8).map { index in
      numbering.map(
        source: 1, sequence: UInt16(1 + index), timestamp: UInt32(index) * 160, samples: 160,
        now: 160_000_000 + Int64(index) * 10_000)
    }
    let sent = burst.compactMap { $0 }
    #expect(sent.count >= 3)
    #expect(sent[0].sequence == a.sequence &+ 8)
    let last = try #require(sent.last)
    #expect(last.timestamp &- a.timestamp <= 8 * 160 + 320)
    for (x, y) in zip(sent, sent.dropFirst()) { #expect(y == (x.sequence &+ 1, x.timestamp &+ 160)) }
  }

  @Test("M11 a packet that the listener can't take leaves no gap")
  func skip() throws {
    var numbering = start()
    let a = try numbering.sent(source: 1, sequence: 1, timestamp: 0, samples: 160, now: 0)
    numbering.skip(source: 1, sequence: 2)
    numbering.skip(source: 1, sequence: 3)
    let b = try numbering.sent(source: 1, sequence: 4, timestamp: 480, samples: 160, now: 3 * Self.step)
    #expect(b == (a.sequence &+ 1, a.timestamp &+ 480))
  }
}

extension Numbering {
  fileprivate mutating func sent(
    source: UInt64, sequence: UInt16, timestamp: UInt32, samples: Int, now: Int64
  ) throws -> (sequence: UInt16, timestamp: UInt32) {
    let numbers = map(source: source, sequence: sequence, timestamp: timestamp, samples: samples, now: now)
    return try #require(numbers)
  }
}
