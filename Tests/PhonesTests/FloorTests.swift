import Audio
import TestKit
import Testing

@testable import Phones

@Suite struct DialogueTrackTests {
  @Test("the sides of a dialogue speak one after the other, and the hold stands where it was written")
  func sides() {
    let dialogue = Dialogue(
      "test", queue: "q", [.agent("Hello"), .customer("Hi"), .hold(3_000), .agent("Bye")])
    let line = [Int16](repeating: 1_000, count: 8_000)
    let track = DialogueTrack(dialogue, lines: [line, line, line])
    let agent = samples(track.agent)
    let customer = samples(track.customer)
    for (a, c) in zip(agent, customer) { #expect(a == 0 || c == 0) }
    #expect(agent.count { $0 != 0 } == 16_000)
    #expect(customer.count { $0 != 0 } == 8_000)
    #expect(track.cues.map(\.cue) == [.hold, .unhold])
    #expect(track.cues[1].at - track.cues[0].at == 3_000)
    #expect(track.cues[0].at * 8 >= customer.count)
    #expect(track.duration > track.cues[1].at + 1_000)
  }

  @Test("every queue of the cast has something to talk about")
  func queues() {
    let queues = Set(DemoCast.standard { _ in "" }.agents.map(\.queue))
    #expect(queues == Set(Dialogue.all.map(\.queue)))
  }

  private func samples(_ clip: SoundClip) -> [Int16] {
    var samples = [Int16](repeating: 0, count: clip.count)
    samples.withUnsafeMutableBufferPointer { _ = clip.fill($0.baseAddress!, count: clip.count, at: 0) }
    return samples
  }
}

@Suite struct ResamplerTests {
  @Test("a tone keeps its pitch and level, and what 8,000 Hz can't carry is gone")
  func rates() {
    var tone = ToneSource(frequency: 1_000, level: -20, sampleRate: 22_050)
    let kept = Ear(Resampler.convert(tone.samples(22_050), from: 22_050, to: 8_000))
    #expect(abs(kept.samples.count - 8_000) <= 1)
    #expect(kept.contains(tone: 1_000, at: -20, within: 0.5))
    var high = ToneSource(frequency: 6_000, level: -20, sampleRate: 22_050)
    let gone = Ear(Resampler.convert(high.samples(22_050), from: 22_050, to: 8_000))
    #expect(gone.lacks(tone: 2_000))
  }
}

@Suite struct VoiceStudioTests {
  @Test("X1 a line is spoken once and then kept")
  func line() async throws {
    let folder = TemporaryFolder()
    let studio = VoiceStudio(cache: folder.path)
    let first = try await studio.line("Hello there.", voice: "en-us+m3")
    #expect(first.count > 4_000)
    #expect(Level.decibels(amplitude: Double(first.map { abs(Int($0)) }.max() ?? 0)) > -12)
    let mute = VoiceStudio(cache: folder.path, synthesizer: "/nowhere")
    #expect(try await mute.line("Hello there.", voice: "en-us+m3") == first)
    await #expect(throws: VoiceError.self) { try await mute.line("Something else.", voice: "en-us+m3") }
  }
}
