import Audio
import Supervision

/// The sounds of `.player`, rendered once and kept as long as the worker.
final class PlayerClips {
  private let clips: [PlayerSound: SoundClip]

  init() {
    clips = [
      .hold: HoldSound.pattern.clip(),
      .confirm: PromptTone.confirm.pattern.clip(),
      .refused: PromptTone.refused.pattern.clip(),
      .accepted: PromptTone.accepted.pattern.clip(),
    ]
  }

  /// The packet path plays it without counting references: this object outlives every mix.
  func clip(_ sound: PlayerSound) -> Unmanaged<SoundClip>? { clips[sound].map(Unmanaged.passUnretained) }
}
