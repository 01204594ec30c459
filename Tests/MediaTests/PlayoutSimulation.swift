@testable import Media

/// One source and one row without a socket: frames come and blocks are asked for at simulated times.
struct PlayoutSimulation {
  var seed: UInt64 = 1
  /// ms of the source's packets and of the row's.
  var frame = 20.0
  var block = 20.0
  /// ms from a block to the first frame.
  var phase = 0.0
  /// ms, of the source's packets and of the row's.
  var jitter = 0.0
  var rowJitter = 0.0
  /// The source's clock against the row's.
  var drift = 0.0
  /// ms
  var duration = 20_000.0
  /// ms: frames that are sent within come all at its end.
  var stall: ClosedRange<Double>?
  /// ms: no frames are sent within, their numbers go on (DTX).
  var pause: ClosedRange<Double>?
  /// One frame in so many is lost.
  var lossOneIn: Int?

  struct Outcome {
    /// ms from the arrival of a frame to the block that it was heard in, in order.
    var delays: [(time: Double, delay: Double)] = []
    var concealed: UInt64 = 0
    var blocks = 0

    func delays(from start: Double, to end: Double = .infinity) -> [Double] {
      delays.filter { $0.time >= start && $0.time < end }.map(\.delay).sorted()
    }
  }

  func run() -> Outcome {
    var generator = SeededGenerator(seed)
    let frameSamples = Int(frame * 8)
    let blockSamples = Int(block * 8)
    // In a pause timestamps run on, sequence numbers don't.
    var arrivals: [(time: Double, sent: Double, number: Int, sequence: Int)] = []
    var number = 0
    var sequence = 65_500
    var sent = phase + block
    while sent < duration {
      var time = sent + abs(generator.gaussian(sigma: jitter))
      if let stall, stall.contains(sent) { time = max(time, stall.upperBound + 0.01 * Double(number % 50)) }
      let isPaused = pause?.contains(sent) == true
      let isLost = lossOneIn.map { Int.random(in: 0..<$0, using: &generator) == 0 } ?? false
      if !isPaused, !isLost { arrivals.append((time, sent, number, sequence)) }
      if !isPaused { sequence += 1 }
      number += 1
      sent = phase + block + Double(number) * frame * (1 + drift)
    }
    arrivals.sort { $0.time < $1.time }

    let memory = UnsafeMutableRawPointer.allocate(byteCount: PlayoutQueue.storage(.narrow), alignment: 16)
    let samples = UnsafeMutablePointer<Int16>.allocate(capacity: 2_048)
    defer {
      memory.deallocate()
      samples.deallocate()
    }
    var queue = PlayoutQueue(memory: memory)
    var outcome = Outcome()
    var next = 0
    var tick = 0
    var time = 0.0
    let arrivedAt = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.number, $0.time) })
    while time < duration {
      tick += 1
      time = Double(tick) * block + abs(generator.gaussian(sigma: rowJitter))
      while next < arrivals.count, arrivals[next].time <= time {
        let arrival = arrivals[next]
        samples.update(repeating: Int16(arrival.number % 30_000 + 1_000), count: frameSamples)
        queue.push(
          samples, ticks: frameSamples, sequence: UInt16(truncatingIfNeeded: arrival.sequence),
          timestamp: UInt32(truncatingIfNeeded: 4_294_900_000 + arrival.number * frameSamples),
          now: Int64(arrival.time * 1e6))
        next += 1
      }
      outcome.blocks += 1
      guard queue.pull(samples, ticks: blockSamples, now: Int64(time * 1e6)) > 0 else { continue }
      // Where something is faded, neighbours differ.
      let place = blockSamples - 20
      guard samples[place] == samples[place - 1] else { continue }
      let heard = Int(samples[place]) - 1_000
      if let arrived = arrivedAt[heard] { outcome.delays.append((time, time - arrived)) }
    }
    outcome.concealed = queue.concealed
    return outcome
  }
}

extension [Double] {
  /// Of a sorted array.
  func percentile(_ share: Double) -> Double { isEmpty ? .nan : self[Int(Double(count - 1) * share)] }
}
