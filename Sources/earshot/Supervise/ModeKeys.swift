import Supervision

/// The keys of a supervisor's phone, on a keyboard: `4` listen, `5` whisper, `6 6` barge, `7 7` take over, `*` leave.
struct ModeKeys {
  enum Outcome: Hashable {
    case change(SupervisionMode)
    /// The same key again within the time makes it so.
    case confirm(SupervisionMode)
    case leave
    case nothing
  }

  /// As on the phone: it must be meant.
  static let confirmationTime = Duration.seconds(3)

  private var pending: (key: Character, since: ContinuousClock.Instant)?

  mutating func press(_ key: Character, at now: ContinuousClock.Instant) -> Outcome {
    let previous = pending
    pending = nil
    switch key {
    case "4": return .change(.listen)
    case "5": return .change(.whisper)
    case "6", "7":
      let mode = key == "6" ? SupervisionMode.barge : .takeover
      if let previous, previous.key == key, now - previous.since <= Self.confirmationTime {
        return .change(mode)
      }
      pending = (key, now)
      return .confirm(mode)
    case "*": return .leave
    default: return .nothing
    }
  }
}
