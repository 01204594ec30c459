import Testing

@testable import Media

@Suite("Playout of a second source in a mixed row")
struct PlayoutQueueTests {
  @Test("M2 whisper waits for the next packet and little more, over random phases")
  func randomPhases() {
    var generator = SeededGenerator(7)
    var delays: [Double] = []
    var concealed: UInt64 = 0
    var blocks = 0
    for run in 0..<400 {
      var simulation = PlayoutSimulation()
      simulation.seed = UInt64(run)
      simulation.phase = Double.random(in: 0..<20, using: &generator)
      simulation.jitter = 0.5
      simulation.rowJitter = 0.5
      simulation.drift = Double.random(in: -50e-6...50e-6, using: &generator)
      let outcome = simulation.run()
      delays += outcome.delays.map(\.delay)
      concealed += outcome.concealed
      blocks += outcome.blocks
    }
    delays.sort()
    #expect(delays.percentile(0.5) <= 12)
    #expect(delays.percentile(0.95) <= 22)
    #expect(Double(concealed) / Double(blocks) <= 0.005)
    #expect(delays.count > blocks * 99 / 100)
  }

  @Test(
    "M2 whisper is back at its floor within 5 s of a stall of 160 ms", arguments: [1.0, 4.5, 9.0, 13.7, 19.0])
  func stall(phase: Double) {
    var simulation = PlayoutSimulation()
    simulation.phase = phase
    simulation.jitter = 0.3
    simulation.stall = 4_000...4_160
    let outcome = simulation.run()
    let before = outcome.delays(from: 2_000, to: 4_000).percentile(0.5)
    let after = outcome.delays(from: 9_160, to: 20_000)
    #expect(after.percentile(0.5) <= before + 1)
    #expect(after.percentile(1) <= before + 2)
    #expect(!outcome.delays(from: 4_200, to: 5_000).isEmpty)
  }

  @Test("M2 jitter makes the queue grow only as far as needed", arguments: [2.0, 5.0, 10.0])
  func jitter(sigma: Double) {
    var simulation = PlayoutSimulation()
    simulation.phase = 6
    simulation.jitter = sigma
    simulation.duration = 60_000
    let outcome = simulation.run()
    let delays = outcome.delays(from: 5_000)
    #expect(Double(outcome.concealed) / Double(outcome.blocks) <= 0.03)
    #expect(delays.percentile(0.95) <= 22 + 4.5 * sigma)
  }

  @Test(
    "M2 clocks that run apart never let the delay grow for good", arguments: [-200e-6, -50e-6, 50e-6, 200e-6])
  func drift(drift: Double) {
    var simulation = PlayoutSimulation()
    simulation.phase = 10
    simulation.drift = drift
    simulation.jitter = 0.3
    simulation.duration = 500_000
    let outcome = simulation.run()
    #expect(outcome.delays(from: 0).percentile(1) <= 45)
    #expect(outcome.delays(from: 0).percentile(0.95) <= 24)
    #expect(Double(outcome.concealed) / Double(outcome.blocks) <= 0.005)
  }

  @Test(
    "M11 queue by samples: frames and blocks of different lengths",
    arguments: [10.0, 20, 30, 40, 60], [10.0, 20, 30, 40, 60])
  func lengths(frame: Double, block: Double) {
    var simulation = PlayoutSimulation()
    simulation.frame = frame
    simulation.block = block
    simulation.phase = 7.3
    let outcome = simulation.run()
    let heard = outcome.delays(from: 2_000)
    #expect(Double(heard.count) >= Double(outcome.blocks) * 0.88)
    #expect(outcome.concealed <= 3)
    #expect(heard.percentile(1) <= frame + block + 12)
  }

  @Test("M2 a pause of the source is no loss, and what follows is on time")
  func pause() {
    var simulation = PlayoutSimulation()
    simulation.phase = 5
    simulation.pause = 3_000...6_000
    let outcome = simulation.run()
    #expect(outcome.concealed <= 1)
    #expect(outcome.delays(from: 6_100, to: 7_000).percentile(1) <= 22)
  }

  @Test("M2 lost packets leave no delay")
  func loss() {
    var simulation = PlayoutSimulation()
    simulation.phase = 5
    simulation.jitter = 0.3
    simulation.loss = 0.05
    let outcome = simulation.run()
    #expect(outcome.delays(from: 1_000).percentile(0.95) <= 22)
    #expect(outcome.concealed > 20)
  }

  @Test("M1 a queue that is emptied plays nothing of before")
  func reset() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: PlayoutQueue.storage(.narrow), alignment: 16)
    let samples = UnsafeMutablePointer<Int16>.allocate(capacity: 160)
    defer {
      memory.deallocate()
      samples.deallocate()
    }
    samples.initialize(repeating: 9_999, count: 160)
    var queue = PlayoutQueue(memory: memory)
    queue.push(samples, ticks: 160, sequence: 1, timestamp: 0, now: 0)
    queue.reset()
    #expect(!queue.isActive)
    #expect(queue.pull(samples, ticks: 160, now: 50_000_000) == 0)
  }
}
