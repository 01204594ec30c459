import Audio
import Foundation

/// Makes the voices of the demo floor: recordings of a person from Debian's asterisk-core-sounds where they fit, and
/// espeak-ng for the rest. What was made is kept in a folder, so that the next start is quick.
package actor VoiceStudio {
  /// Where the recordings are; Debian's place by default.
  package static let debianPrompts = "/usr/share/asterisk/sounds/en_US_f_Allison"
  package static let debianSynthesizer = "/usr/bin/espeak-ng"

  private let prompts: String
  private let synthesizer: String
  private let cache: String
  private var tracks: [String: DialogueTrack] = [:]

  /// - Parameters:
  ///   - cache: a folder; made if it isn't there.
  package init(
    cache: String, prompts: String = VoiceStudio.debianPrompts,
    synthesizer: String = VoiceStudio.debianSynthesizer
  ) {
    self.cache = cache
    self.prompts = prompts
    self.synthesizer = synthesizer
  }

  /// - Parameters:
  ///   - agent: voice of espeak-ng, like `en-us+f3`.
  package func track(of dialogue: Dialogue, agent: String, customer: String) async throws -> DialogueTrack {
    let key = "\(dialogue.topic) \(agent) \(customer)"
    if let track = tracks[key] { return track }
    var lines: [[Int16]] = []
    for case .line(let speaker, let text, let names) in dialogue.steps {
      lines.append(try await line(text, prompts: names, voice: speaker == .agent ? agent : customer))
    }
    let track = DialogueTrack(dialogue, lines: lines)
    tracks[key] = track
    return track
  }

  /// A line in that voice, at the level of a telephone.
  package func line(_ text: String, prompts names: [String] = [], voice: String) async throws -> [Int16] {
    let recorded = names.compactMap { try? read("\(prompts)/\($0).wav") }
    // The recordings are of a woman; a man doesn't borrow her voice.
    let isWoman = voice.contains("+f")
    if isWoman, !names.isEmpty, recorded.count == names.count {
      return Self.levelled(Array(recorded.joined()))
    }
    let file = "\(cache)/\(Self.name(of: text, voice: voice)).wav"
    if let kept = try? read(file) { return kept }
    let samples = Self.levelled(try await synthesize(text, voice: voice))
    try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    try Data(WAVFile(samples: samples).bytes()).write(to: URL(filePath: file), options: .atomic)
    return samples
  }

  private func read(_ file: String) throws -> [Int16] {
    let wave = try WAVFile([UInt8](Data(contentsOf: URL(filePath: file)))).downmixed()
    return Resampler.convert(wave.samples, from: wave.sampleRate, to: 8_000)
  }

  private func synthesize(_ text: String, voice: String) async throws -> [Int16] {
    guard FileManager.default.isExecutableFile(atPath: synthesizer) else {
      throw VoiceError(what: "\(synthesizer) is not there", remedy: "Install it: apt-get install espeak-ng")
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString).wav")
    defer { try? FileManager.default.removeItem(at: file) }
    let status = await ChildProgram.run(synthesizer, ["-v", voice, "-s", "160", "-w", file.path, text])
    guard status == 0 else {
      throw VoiceError(
        what: "\(synthesizer) ended with \(status) for voice \(voice)",
        remedy: "Check it with: espeak-ng -v \(voice) hello")
    }
    return try read(file.path)
  }

  /// Brought to a peak of −9 dBFS, as telephones speak.
  private static func levelled(_ samples: [Int16]) -> [Int16] {
    let peak = samples.map { abs(Int($0)) }.max() ?? 0
    guard peak > 0 else { return samples }
    return samples.map { Int16(Int($0) * 11_600 / peak) }
  }

  /// The same in every process (FNV-1a).
  private static func name(of text: String, voice: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(voice) \(text)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "line-" + String(hash, radix: 16)
  }
}

/// Why the demo floor has no voice.
package struct VoiceError: Error, Hashable, Sendable, CustomStringConvertible {
  package let what: String
  package let remedy: String
  package var description: String { "the demo floor has no voice: \(what). \(remedy)" }
}
