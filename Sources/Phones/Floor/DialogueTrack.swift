import Audio

/// A dialogue as sound: a recording of each side, as long as the call, and what happens when.
package struct DialogueTrack: Sendable {
  package enum Cue: Hashable, Sendable {
    case hold, unhold
  }

  package let customer: SoundClip
  package let agent: SoundClip
  /// ms from the answer.
  package let cues: [(at: Int, cue: Cue)]
  /// ms.
  package let duration: Int

  /// - Parameter lines: the samples of its lines in order, 8,000 Hz.
  init(_ dialogue: Dialogue, lines: [[Int16]]) {
    var lines = lines[...]
    var sides: [Dialogue.Speaker: [Int16]] = [.customer: [], .agent: []]
    var cues: [(Int, Cue)] = []
    var position = 0
    for (index, step) in dialogue.steps.enumerated() {
      switch step {
      case .line(let speaker, _, _):
        let samples = lines.popFirst() ?? []
        var side = sides[speaker] ?? []
        side += [Int16](repeating: 0, count: position - side.count) + samples
        sides[speaker] = side
        // People take longer to answer a question than to go on.
        position += samples.count + 8 * (250 + index * 137 % 400)
      case .pause(let milliseconds): position += milliseconds * 8
      case .hold(let milliseconds):
        cues.append((position / 8, .hold))
        position += milliseconds * 8
        cues.append((position / 8, .unhold))
        position += 8 * 400
      }
    }
    self.cues = cues
    duration = position / 8
    customer = SoundClip(sides[.customer, default: []])
    agent = SoundClip(sides[.agent, default: []])
  }
}
