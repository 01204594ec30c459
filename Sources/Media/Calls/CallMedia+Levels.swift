import RTP
import Supervision

extension CallMedia {
  /// A browser's leg is connected, or no longer.
  func browserChanged(_ event: MediaEvent) {
    tell(event)
    watchLevels()
  }

  /// Loudness is measured while a supervisor's browser is connected to this call.
  func watchLevels() {
    let isWatched =
      loop.levelInterval > 0 && legs.values.contains { $0.role == .supervisor && $0.link?.isHearing == true }
    for leg in legs.values where leg.state.pointee.meter.isOn != isWatched {
      leg.state.pointee.meter = LevelMeter()
      leg.state.pointee.meter.isOn = isWatched
    }
    if !isWatched {
      loop.path.wheel.pointee.cancel(levelTimer)
    } else if !levelTimer.pointee.isSet {
      loop.path.wheel.pointee.set(levelTimer, at: loop.now + loop.levelInterval)
    }
  }

  /// The timer has come: the parties, and those supervisors whom somebody hears.
  func tellLevels(now: Nanoseconds) {
    var levels: [ParticipantID: Float] = [:]
    for leg in legs.values {
      let level = leg.state.pointee.meter.take()
      if leg.role.isCallParty || leg.state.pointee.voice != nil { levels[leg.participant] = level }
    }
    tell(.levels(levels))
    loop.path.wheel.pointee.set(levelTimer, at: now + loop.levelInterval)
  }
}
