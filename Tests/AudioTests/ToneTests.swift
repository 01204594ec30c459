import Audio
import TestKit
import Testing

@Suite("Tones and levels")
struct ToneTests {
  @Test(
    "a tone measures the level that it was made at", arguments: [-3.0, -20, -40],
    [440.0, 697.5, 1_000, 3_100])
  func levels(level: Double, frequency: Double) {
    var tone = ToneSource(frequency: frequency, level: level)
    let samples = tone.samples(1_600)
    #expect(abs(Goertzel(frequency: frequency).level(samples) - level) < 0.1)
    let measured = Level(samples, count: samples.count)
    #expect(abs(measured.rms - level) < 0.2)
    #expect(abs(measured.peak - level) < 0.3)
  }

  @Test("a neighbour 100 Hz away is 60 dB down in 200 ms of sound")
  func selectivity() {
    var tone = ToneSource(frequency: 613, level: -3)
    let samples = tone.samples(1_600)
    for frequency in [513.0, 713, 440, 1_000] {
      #expect(Goertzel(frequency: frequency).level(samples) < -63)
    }
  }

  @Test("silence is the floor")
  func silence() {
    let nothing = [Int16](repeating: 0, count: 160)
    #expect(Goertzel(frequency: 440).level(nothing) == Level.floor)
    #expect(Goertzel(frequency: 440).level([]) == Level.floor)
    #expect(Level(nothing, count: 160) == Level(nothing, count: 0))
    #expect(Level(nothing, count: 160).rms == Level.floor)
  }

  @Test("the peak of a block is its greatest magnitude, −32,768 included")
  func peak() {
    var random = SeededGenerator(seed: 4)
    for count in 1...100 {
      let samples = (0..<count).map { _ in Int16.random(in: -9_000...9_000, using: &random) }
      #expect(Level.peak(samples, count: count) == samples.map { Int32($0).magnitude }.max().map(Int32.init))
    }
    #expect(Level.peak([0, .min, 5], count: 3) == 32_768)
    #expect(Level.peak([1], count: 0) == 0)
  }

  @Test("a tone cut into blocks of any length has no seam")
  func continuity() {
    var random = SeededGenerator(seed: 5)
    var whole = ToneSource(frequency: 997, level: -1)
    var cut = whole
    let expected = whole.samples(16_000)
    var pieces = [Int16]()
    while pieces.count < 16_000 {
      pieces += cut.samples(min(Int.random(in: 1...480, using: &random), 16_000 - pieces.count))
    }
    #expect(zip(expected, pieces).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }

  @Test("S3 the hold sound goes on for ever, soft, and every three seconds the same")
  func holdSound() {
    let clip = HoldSound.pattern.clip()
    #expect(clip.loops && clip.duration == 3_000)
    var far = [Int16](repeating: 0, count: 24_000)
    #expect(clip.fill(&far, count: far.count, at: 24_000 * 1_000 + 4_000))
    var near = [Int16](repeating: 0, count: 24_000)
    clip.fill(&near, count: near.count, at: 4_000)
    #expect(far == near)
    let level = Level(near, count: near.count)
    #expect(level.rms > -45 && level.peak < -18)
    var period = [Int16](repeating: 0, count: 24_000)
    clip.fill(&period, count: period.count, at: 0)
    #expect(Goertzel(frequency: 440).level(Array(period[0..<4_400])) > -30)
    #expect(Goertzel(frequency: 587.33).level(Array(period[4_800..<11_600])) > -30)
    #expect(period[11_600...].allSatisfy { $0 == 0 })
  }

  @Test("M8 each prompt can be told from the others, and ends", arguments: PromptTone.allCases)
  func prompts(prompt: PromptTone) {
    let signatures: [PromptTone: Double] = [.confirm: 660, .refused: 180, .accepted: 1_046.5]
    let clip = prompt.pattern.clip()
    #expect(!clip.loops && clip.duration < 1_000)
    var samples = [Int16](repeating: 99, count: 8_000)
    #expect(!clip.fill(&samples, count: 8_000, at: 0))
    #expect(samples[clip.count...].allSatisfy { $0 == 0 })
    for (other, frequency) in signatures {
      let level = Goertzel(frequency: frequency).level(Array(samples[..<clip.count]))
      #expect(other == prompt ? level > -34 : level < -40, "\(frequency) Hz at \(level) dBFS")
    }
  }

  @Test("a note starts and ends without a click")
  func fades() {
    let clip = PromptTone.accepted.pattern.clip()
    var samples = [Int16](repeating: 0, count: clip.count)
    clip.fill(&samples, count: clip.count, at: 0)
    #expect(samples[0] == 0)
    // A full note of −16 dBFS at 1,046 Hz moves by at most 4,200 a sample; its first and last by far less.
    for edge in [samples[0..<4], samples[956..<960]] {
      #expect(edge.allSatisfy { abs(Int($0)) < 300 })
    }
  }

  @Test("a clip read before its start, past its end or empty is silence")
  func edges() {
    let clip = SoundClip([1, 2, 3])
    var output = [Int16](repeating: 9, count: 4)
    #expect(clip.fill(&output, count: 2, at: 0))
    #expect(output == [1, 2, 9, 9])
    #expect(!clip.fill(&output, count: 4, at: 2))
    #expect(output == [3, 0, 0, 0])
    #expect(!clip.fill(&output, count: 4, at: 3))
    clip.fill(&output, count: 4, at: -1)
    #expect(output == [0, 0, 0, 0])
    #expect(!SoundClip([], loops: true).fill(&output, count: 4, at: 0))
    SoundClip([1, 2, 3], loops: true).fill(&output, count: 4, at: 5)
    #expect(output == [3, 1, 2, 3])
  }
}
