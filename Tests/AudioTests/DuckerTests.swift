import Audio
import Testing

@Suite("Ducking")
struct DuckerTests {
  private let lowered = Gain(decibels: -12)

  @Test("M9 with a silent or near-silent supervisor the customer's gain is exactly unity")
  func rest() {
    var ducker = Ducker()
    for peak in [Int32(0), 20, SpeechActivity.nearSilence - 1, 0] {
      let gain = ducker.advance(speakerPeak: peak, samples: 160)
      #expect(gain.from == .unity && gain.to == .unity)
    }
  }

  @Test(
    "M9 down within the attack, held, and back to exactly unity after the release",
    arguments: [10, 20, 30, 60])
  func course(ptime: Int) {
    var ducker = Ducker()
    let samples = ptime * 8
    var time = 0
    while time < 20 {
      ducker.advance(speakerPeak: 8_000, samples: samples)
      time += ptime
    }
    #expect(ducker.gain == lowered)

    var held = 0
    while ducker.advance(speakerPeak: 0, samples: samples).to == lowered { held += ptime }
    #expect(abs(held - 300) <= ptime, "held for \(held) ms")

    var released = ptime
    while ducker.advance(speakerPeak: 0, samples: samples).to != .unity { released += ptime }
    #expect(abs(released + ptime - 200) <= ptime, "released in \(released) ms")
    let atRest = ducker.advance(speakerPeak: 0, samples: samples)
    #expect(atRest.from == .unity && atRest.to == .unity)
  }

  @Test("M9 each block's gain starts where the last one ended and stays within the depth")
  func continuity() {
    var ducker = Ducker()
    var last = Gain.unity
    for block in 0..<500 {
      let peak: Int32 = block / 7 % 3 == 0 ? 12_000 : 0
      let gain = ducker.advance(speakerPeak: peak, samples: 80 + block % 5 * 80)
      #expect(gain.from == last)
      #expect(gain.to >= lowered && gain.to <= .unity)
      last = gain.to
    }
  }

  @Test("M9 words within the hold don't let the gain pump")
  func pauses() {
    var ducker = Ducker()
    ducker.advance(speakerPeak: 8_000, samples: 160)
    for block in 0..<100 {
      let gain = ducker.advance(speakerPeak: block % 10 == 0 ? 8_000 : 0, samples: 160)
      #expect(gain.to == lowered)
    }
  }

  @Test("M9 a depth above 0 dB never makes the customer louder; a new leg starts at rest")
  func settings() {
    var settings = Ducker.Settings()
    settings.depth = 6
    var ducker = Ducker(settings)
    ducker.advance(speakerPeak: 8_000, samples: 160)
    #expect(ducker.gain == .unity)
    var other = Ducker()
    other.advance(speakerPeak: 8_000, samples: 160)
    other.reset()
    let fresh = other.advance(speakerPeak: 0, samples: 160)
    #expect(fresh.from == .unity && fresh.to == .unity)
  }

  @Test("M9 speech is active from its first block to the end of the hang-over; near-silence never is")
  func activity() {
    var activity = SpeechActivity(threshold: -90, hangOver: 60)
    #expect(activity.threshold == SpeechActivity.nearSilence)
    let heard = [Int32(32), 33, 0, 0, 0, 0, 0].map { activity.observe(peak: $0, samples: 160) }
    #expect(heard == [false, true, true, true, true, false, false])
    activity.observe(peak: 500, samples: 160)
    activity.reset()
    #expect(!activity.isActive)
  }
}
