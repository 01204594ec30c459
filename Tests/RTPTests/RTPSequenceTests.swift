import RTP
import TestKit
import Testing

@Suite("Reception of an RTP source")
struct RTPSequenceTests {
  @Test("packets in order are all expected, across the wrap")
  func inOrder() {
    var source = RTPSequence()
    #expect(source.expected == 0)
    #expect(source.update(sequence: 65_000) == .first)
    for step in 1..<200_000 {
      #expect(source.update(sequence: UInt16(truncatingIfNeeded: 65_000 + step)) == .inOrder)
    }
    #expect(source.expected == 200_000 && source.received == 200_000 && source.lost == 0)
    #expect(source.extendedHighest == 65_000 + 199_999)
  }

  @Test("loss, doubles and swaps are counted as they were made, whatever the order")
  func counted() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<50 {
      let first = UInt16.random(in: .min ... .max, using: &random)
      var sent: [Int] = []
      var dropped = 0
      var doubled = 0
      // The first and last are kept, so that the span is known.
      for index in 0..<2_000 {
        if index > 0, index < 1_999, Int.random(in: 0..<20, using: &random) == 0 {
          dropped += 1
          continue
        }
        sent.append(index)
        if Int.random(in: 0..<50, using: &random) == 0 {
          sent.append(index)
          doubled += 1
        }
      }
      var swapped = 0
      for position in stride(from: 1, to: sent.count - 3, by: 7) where sent[position] != sent[position + 1] {
        // A swap next to a doubled packet would count otherwise.
        guard sent[position - 1] != sent[position], sent[position + 1] != sent[position + 2] else { continue }
        sent.swapAt(position, position + 1)
        swapped += 1
      }
      var source = RTPSequence()
      for index in sent { _ = source.update(sequence: first &+ UInt16(index)) }
      #expect(source.expected == 2_000 && source.received == Int64(sent.count))
      #expect(source.lost == Int64(dropped))
      #expect(source.duplicates == Int64(doubled) && source.reordered == Int64(swapped))
    }
  }

  @Test("a stray far away is not counted; two in a row are a new start, and earlier loss is kept")
  func restart() {
    var source = RTPSequence()
    _ = source.update(sequence: 100)
    _ = source.update(sequence: 102)
    #expect(source.update(sequence: 40_000) == .jumped)
    #expect(source.update(sequence: 103) == .inOrder)
    #expect(source.received == 3 && source.lost == 1)
    #expect(source.update(sequence: 20_000) == .jumped)
    #expect(source.update(sequence: 20_001) == .restarted)
    #expect(source.update(sequence: 20_002) == .inOrder)
    #expect(source.restarts == 1 && source.expected == 6 && source.lost == 1)
  }

  @Test("jitter of a steady source is 0, of one that is late every other packet it nears the difference")
  func jitter() {
    var steady = RTPSequence()
    var uneven = RTPSequence()
    for index in UInt32(0)..<1_000 {
      let sequence = UInt16(truncatingIfNeeded: index)
      let timestamp = UInt32.max &- 5_000 &+ index &* 160
      _ = steady.update(sequence: sequence, timestamp: timestamp, arrival: 77 &+ index &* 160)
      _ = uneven.update(
        sequence: sequence, timestamp: timestamp, arrival: index &* 160 &+ (index & 1) &* 40)
    }
    #expect(steady.jitter == 0)
    #expect((38...40).contains(uneven.jitter))
  }

  @Test("each report tells of its own interval, and of the whole")
  func report() {
    var source = RTPSequence()
    for sequence in UInt16(0)..<100 where sequence % 4 != 1 { _ = source.update(sequence: sequence) }
    let first = source.report(ssrc: 7, lastSenderReport: 5, delay: 6)
    #expect(first.fractionLost == 64 && first.cumulativeLost == 25 && first.extendedHighest == 99)
    #expect(first.ssrc == 7 && first.lastSenderReport == 5 && first.delaySinceLastSenderReport == 6)
    for sequence in UInt16(100)..<200 { _ = source.update(sequence: sequence) }
    let second = source.report(ssrc: 7, lastSenderReport: 0, delay: 0)
    #expect(second.fractionLost == 0 && second.cumulativeLost == 25)
    // Doubles make the sum of RFC 3550 negative, and hide no loss from the call's record.
    for _ in 0..<40 { _ = source.update(sequence: 199) }
    let third = source.report(ssrc: 7, lastSenderReport: 0, delay: 0)
    #expect(third.cumulativeLost == -15 && third.fractionLost == 0)
    #expect(source.lost == 25)
  }

  @Test("X4 any numbers in any order keep the counts in range")
  func hostile() {
    var random = SeededGenerator(seed: 8)
    var source = RTPSequence()
    for round in 0..<100_000 {
      _ = source.update(
        sequence: .random(in: .min ... .max, using: &random),
        timestamp: .random(in: .min ... .max, using: &random),
        arrival: .random(in: .min ... .max, using: &random))
      #expect(source.lost >= 0 && source.lost <= source.expected && source.received <= Int64(round + 1))
      if round % 100 == 0 { _ = source.report(ssrc: 1, lastSenderReport: 0, delay: 0) }
    }
  }
}
