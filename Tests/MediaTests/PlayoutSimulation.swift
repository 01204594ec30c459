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
  /// Share of frames that are lost, and how many in a row.
  var loss = 0.0
  var burst = 1
  /// Share of frames that come so many ms late, behind the next ones.
  var reordered = 0.0
  var lateness = 15.0
  /// Share of frames that come twice.
  var doubled = 0.0
  /// ms: the source begins another stream, with numbers of its own.
  var restart = Double.infinity

  struct Outcome {
    /// ms from the arrival of a frame to the block that it was heard in, in order.
    var delays: [(time: Double, delay: Double)] = []
    var concealed: UInt64 = 0
    var blocks = 0

    func delays(from start: Double, to end: Double = .infinity) -> [Double] {
      delays.filter { $0.time >= start && $0.time < end }.map(\.delay).sorted()
    }
  }

  private struct Arrival {
    var time: Double
    var number: Int
    var sequence: Int
    var stream: UInt64
  }

  private func arrivals(_ generator: inout SeededGenerator) -> [Arrival] {
    // In a pause timestamps run on, sequence numbers don't.
    var arrivals: [Arrival] = []
    var number = 0
    var sequence = 65_500
    var stream: UInt64 = 1
    var lost = 0
    var sent = phase + block
    func happens(_ share: Double) -> Bool { share > 0 && Double.random(in: 0..<1, using: &generator) < share }
    while sent < duration {
      var time = sent + abs(generator.gaussian(sigma: jitter))
      if let stall, stall.contains(sent) { time = max(time, stall.upperBound + 0.01 * Double(number % 50)) }
      if sent >= restart, stream == 1 {
        stream = 2
        sequence -= 40
      }
      let isPaused = pause?.contains(sent) == true
      if happens(loss / Double(burst)) { lost = burst }
      if happens(reordered) { time += lateness }
      if !isPaused, lost == 0 {
        let arrival = Arrival(time: time, number: number, sequence: sequence, stream: stream)
        arrivals.append(arrival)
        if happens(doubled) { arrivals.append(arrival) }
      }
      lost = max(lost - 1, 0)
      if !isPaused { sequence += 1 }
      number += 1
      sent = phase + block + Double(number) * frame * (1 + drift)
    }
    return arrivals.sorted { $0.time < $1.time }
  }

  func run() -> Outcome {
    var outcome = Outcome()
    var arrivedAt: [Int: Double] = [:]
    let (frameSamples, blockSamples) = (Int(frame * 8), Int(block * 8))
    let queue = play { arrival in
      arrivedAt[arrival.number] = arrival.time
      return Array(repeating: Int16(arrival.number % 31_000 + 1_000), count: frameSamples)
    } block: { time, samples in
      outcome.blocks += 1
      // Where something is faded or made up, neighbours differ.
      let place = blockSamples - 20
      guard let samples, samples[place] == samples[place - 1] else { return }
      let heard = Int(samples[place]) - 1_000
      if let arrived = arrivedAt[heard] { outcome.delays.append((time, time - arrived)) }
    }
    outcome.concealed = queue.concealed
    return outcome
  }

  /// What is heard of a voice, block after block.
  func listen(_ voice: (_ sample: Int) -> Double) -> [Int16] {
    var heard: [Int16] = []
    let (frameSamples, blockSamples) = (Int(frame * 8), Int(block * 8))
    _ = play { arrival in
      (0..<frameSamples).map { Int16(voice(arrival.number * frameSamples + $0)) }
    } block: { _, samples in
      heard += samples ?? Array(repeating: 0, count: blockSamples)
    }
    return heard
  }

  /// - Parameter block: nil where nothing was there to be played.
  private func play(
    frame: (Arrival) -> [Int16], block: (_ time: Double, _ samples: [Int16]?) -> Void
  ) -> (concealed: UInt64, played: UInt64) {
    var generator = SeededGenerator(seed)
    let arrivals = arrivals(&generator)
    let (frameSamples, blockSamples) = (Int(self.frame * 8), Int(self.block * 8))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: PlayoutQueue.storage(.narrow), alignment: 16)
    defer { memory.deallocate() }
    var queue = PlayoutQueue(memory: memory)
    var next = 0
    var tick = 0
    var time = 0.0
    while time < duration {
      tick += 1
      time = Double(tick) * self.block + abs(generator.gaussian(sigma: rowJitter))
      while next < arrivals.count, arrivals[next].time <= time {
        let arrival = arrivals[next]
        let start = arrival.stream == 1 ? 4_294_900_000 : 77_000
        queue.push(
          frame(arrival), ticks: frameSamples, stream: arrival.stream,
          sequence: UInt16(truncatingIfNeeded: arrival.sequence),
          timestamp: UInt32(truncatingIfNeeded: start + arrival.number * frameSamples),
          now: Int64(arrival.time * 1e6))
        next += 1
      }
      var samples = [Int16](repeating: 0, count: blockSamples)
      let peak = queue.pull(&samples, ticks: blockSamples, now: Int64(time * 1e6))
      block(time, peak > 0 ? samples : nil)
    }
    return (queue.concealed, queue.played)
  }
}

extension [Double] {
  /// Of a sorted array.
  func percentile(_ share: Double) -> Double { isEmpty ? .nan : self[Int(Double(count - 1) * share)] }
}
