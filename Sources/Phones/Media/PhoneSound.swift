import Audio

/// What a phone says.
package enum PhoneSound: Sendable {
  case silence
  /// Hz and dBFS.
  case tone(Double, level: Double = -20)
  /// A recording, from one of its samples on. It is repeated if the clip loops, else followed by silence.
  case clip(SoundClip, from: Int = 0)
  /// Each packet carries a `SoundMark` of this phone.
  case marks
}

/// Makes the samples of a `PhoneSound`, packet by packet.
struct SoundMaker: Sendable {
  private let sound: PhoneSound
  private var tone: ToneSource?
  private var position = 0

  init(_ sound: PhoneSound) {
    self.sound = sound
    switch sound {
    case .tone(let frequency, let level): tone = ToneSource(frequency: frequency, level: level)
    case .clip(_, let start): position = start
    case .silence, .marks: break
    }
  }

  var isMarked: Bool { if case .marks = sound { true } else { false } }

  /// - Parameter mark: written if the sound is made of marks.
  mutating func fill(_ output: UnsafeMutablePointer<Int16>, count: Int, mark: SoundMark) {
    switch sound {
    case .silence: output.update(repeating: 0, count: count)
    case .tone: tone?.fill(output, count: count)
    case .clip(let clip, _):
      _ = clip.fill(output, count: count, at: position)
      position += count
    case .marks: mark.write(output, count: count)
    }
  }
}
