import RTP
import Supervision

extension CallMedia {
  /// From the first leg on, quality is read every few seconds.
  func watchQuality() {
    guard loop.qualityInterval > 0, !qualityTimer.pointee.isSet else { return }
    qualityDue = loop.now + loop.qualityInterval
    loop.path.wheel.pointee.set(qualityTimer, at: qualityDue)
  }

  /// The timer has come. Legs of which there is nothing new aren't told of, so most of the time nothing is.
  func tellQuality(now: Nanoseconds) {
    // The wheel may wake before a deadline that lies far ahead.
    if now >= qualityDue {
      for leg in legs.values {
        guard let reading = leg.quality.close(leg.state),
          loop.post.leave(.init(call: id, leg: leg.id, reading: reading))
        else { continue }
        leg.quality.markTold()
        loop.path.counters.pointee.readings &+= 1
      }
      qualityDue = now + loop.qualityInterval
    }
    loop.path.wheel.pointee.set(qualityTimer, at: qualityDue)
  }

  /// The last word on a leg that is being closed.
  func tellLastQuality(of leg: CallLeg) {
    guard loop.qualityInterval > 0, let reading = leg.quality.close(leg.state) else { return }
    tell(.quality([leg.id: reading]))
  }
}
