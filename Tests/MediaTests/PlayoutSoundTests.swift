import Glibc
import Testing

@testable import Media

/// How a voice sounds that comes over bad networks: what is heard of it, not what counters say.
@Suite("Playout over bad networks")
struct PlayoutSoundTests {
  /// A vowel: a pitch of 130 Hz that wavers a little, and its overtones. Peak about 9,000.
  private static func voice(_ sample: Int) -> Double {
    let time = Double(sample) / 8_000
    let phase = 2 * Double.pi * (130 * time + 0.6 * sin(2 * Double.pi * 0.7 * time))
    return 4_000 * sin(phase) + 2_500 * sin(2 * phase) + 1_500 * sin(3 * phase) + 1_000 * sin(5 * phase)
  }

  /// What an ear notices.
  private struct Impression {
    /// Share of 5 ms pieces that are 12 dB or more below the voice.
    var holes = 0.0
    /// The longest row of them, ms.
    var longestHole = 0.0
    /// The largest step from sample to sample, against the largest of the voice itself.
    var step = 0.0
  }

  private func impression(of sound: [Int16], after start: Double = 1_000) -> Impression {
    let sound = sound.dropFirst(Int(start * 8)).map(Double.init)
    let clean = (0..<8_000).map(Self.voice)
    func loudness(_ piece: ArraySlice<Double>) -> Double {
      (piece.reduce(0) { $0 + $1 * $1 } / Double(piece.count)).squareRoot()
    }
    func step(_ sound: [Double]) -> Double { zip(sound, sound.dropFirst()).map { abs($1 - $0) }.max() ?? 0 }
    let full = loudness(clean[...])
    var impression = Impression()
    var (pieces, holes, row) = (0, 0, 0)
    for start in stride(from: 0, to: sound.count - 40, by: 40) {
      pieces += 1
      // A period is longer than a piece: the voice itself is that uneven.
      if loudness(sound[start..<start + 40]) < full / 4 {
        holes += 1
        row += 1
        impression.longestHole = max(impression.longestHole, Double(row) * 5)
      } else {
        row = 0
      }
    }
    impression.holes = Double(holes) / Double(pieces)
    impression.step = step(sound) / step(clean)
    return impression
  }

  @Test("M11 lost packets, one by one: no hole is heard, no click", arguments: [0.01, 0.02, 0.05])
  func loss(share: Double) {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.jitter, simulation.loss, simulation.duration) = (6, 1, share, 60_000)
    let heard = impression(of: simulation.listen(Self.voice))
    #expect(heard.holes <= share / 50 && heard.longestHole <= 20 && heard.step < 1.3, "\(heard)")
  }

  @Test("M11 packets lost two and three in a row", arguments: [2, 3])
  func bursts(length: Int) {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.jitter, simulation.loss, simulation.burst) = (6, 1, 0.03, length)
    simulation.duration = 60_000
    let heard = impression(of: simulation.listen(Self.voice))
    // The made-up sound fades within 50 ms, and one burst may follow another at once.
    #expect(heard.holes <= 0.02 && heard.longestHole <= 80 && heard.step < 1.3, "\(heard)")
  }

  @Test("M11 40 ms of jitter: what is heard has few holes and no clicks, and comes soon")
  func jitter() {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.jitter, simulation.duration) = (6, 20, 120_000)
    let heard = impression(of: simulation.listen(Self.voice), after: 5_000)
    let outcome = simulation.run()
    let delays = outcome.delays(from: 5_000)
    #expect(heard.holes <= 0.001 && heard.longestHole <= 20 && heard.step < 1.3, "\(heard)")
    #expect(delays.percentile(0.95) <= 70 && outcome.concealed <= outcome.blocks / 50)
  }

  @Test("M11 packets out of order and doubled packets are no loss, where there is time")
  func order() {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.reordered, simulation.doubled) = (12, 0.05, 0.1)
    (simulation.lateness, simulation.duration) = (25, 60_000)
    let heard = impression(of: simulation.listen(Self.voice))
    #expect(heard.holes <= 0.002 && heard.step < 1.3, "\(heard)")
  }

  @Test("M2 another stream of the peer's, without warning, goes on at once")
  func restart() {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.restart, simulation.duration) = (6, 5_000, 10_000)
    let heard = impression(of: simulation.listen(Self.voice))
    #expect(heard.longestHole <= 5 && heard.step < 1.3, "\(heard)")
  }

  @Test(
    "M2 clocks that differ by 1000 ppm, ten minutes: the delay doesn't grow, nothing slips audibly",
    arguments: [-1e-3, 1e-3])
  func drift(drift: Double) {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.jitter, simulation.drift, simulation.duration) = (10, 0.3, drift, 600_000)
    let heard = impression(of: simulation.listen(Self.voice))
    let outcome = simulation.run()
    let early = outcome.delays(from: 5_000, to: 120_000)
    let late = outcome.delays(from: 480_000)
    #expect(late.percentile(0.95) <= early.percentile(0.95) + 1 && late.percentile(1) <= 45)
    #expect(heard.holes <= 0.0005 && heard.longestHole <= 5 && heard.step < 1.3, "\(heard)")
  }

  @Test(
    "M2 whatever stopped the sound, the delay is back at its floor 5 s later",
    arguments: [80.0, 250, 900, 4_000])
  func stalls(length: Double) {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.jitter, simulation.stall) = (9, 1, 4_000...(4_000 + length))
    let outcome = simulation.run()
    let floor = outcome.delays(from: 2_000, to: 4_000).percentile(0.5)
    let after = outcome.delays(from: 9_000 + length)
    #expect(after.percentile(0.5) <= floor + 1.5 && after.count > 300, "\(floor) \(after.percentile(0.5))")
  }

  @Test("S2 packets that waited out a hold are not heard as a burst afterwards")
  func hold() {
    var simulation = PlayoutSimulation()
    (simulation.phase, simulation.stall) = (9, 4_000...9_000)
    let sound = simulation.listen { _ in 5_000 }
    // All of them come at once at 9 s: what is heard of that is 40 ms and what comes then.
    let outcome = simulation.run()
    #expect(outcome.delays(from: 9_030, to: 9_500).percentile(1) < 70)
    #expect(sound[(8 * 4_200)..<(8 * 8_900)].allSatisfy { $0 == 0 })
  }
}
