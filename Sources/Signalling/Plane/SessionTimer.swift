/// The timer of a session (RFC 4028): in every interval one side tells the other that it is still there.
struct SessionTimer: Hashable {
  /// Seconds.
  var interval: Int
  /// Whether it is we who refresh.
  var isOurs: Bool

  /// How a peer's request with this header is met.
  enum Verdict: Hashable {
    /// No timer is wanted, or the peer can't have one.
    case none
    /// To be refused (422); seconds that we take at least.
    case tooSmall(Int)
    case agreed(SessionTimer)
  }

  /// - Parameters:
  ///   - wanted: seconds that we like; 0 for no timer, unless the peer wants one.
  ///   - minimum: seconds that we take at least.
  static func verdict(
    _ request: SessionHeaders, supportsTimer: Bool, wanted: Int, minimum: Int
  ) -> Verdict {
    guard let asked = request.expires else {
      guard supportsTimer, wanted > 0 else { return .none }
      return .agreed(SessionTimer(interval: max(wanted, request.minimum ?? 0), isOurs: true))
    }
    // A peer without timers couldn't read the refusal: somebody on the way has asked for it.
    if asked < minimum, supportsTimer { return .tooSmall(minimum) }
    let shorter = wanted > 0 ? min(asked, max(wanted, request.minimum ?? 0)) : asked
    return .agreed(
      SessionTimer(interval: max(shorter, minimum), isOurs: !supportsTimer || request.refresher != .uac))
  }

  /// What the answer to our request says; nil if there is to be no timer.
  init?(answer: SessionHeaders) {
    guard let expires = answer.expires, expires > 0 else { return nil }
    self.init(interval: expires, isOurs: answer.refresher != .uas)
  }

  init(interval: Int, isOurs: Bool) {
    self.interval = interval
    self.isOurs = isOurs
  }

  /// Lines of our 2xx. That a peer who is to refresh must know of it is required of him (section 9).
  var answerLines: [String] {
    SessionHeaders(expires: interval, refresher: isOurs ? .uas : .uac).lines
      + (isOurs ? [] : ["Require: timer"])
  }

  /// Lines of a request of ours within the session.
  /// - Parameter floor: seconds that the peer takes at least, as far as he has said so.
  func requestLines(floor: Int) -> [String] {
    SessionHeaders(
      expires: max(interval, floor), refresher: isOurs ? .uac : .uas, minimum: floor > 0 ? floor : nil
    ).lines
  }

  /// Milliseconds until we refresh (section 7.2: half of the interval).
  var refreshTime: Int { interval * 500 }

  /// Milliseconds without a refresh after which the session is over. Where the peer refreshes we don't wait to the very
  /// end, so that our BYE comes in time (section 10).
  var lifetime: Int { isOurs ? interval * 1000 : interval * 1000 - min(32_000, interval * 1000 / 3) }

  /// Milliseconds to wait after a 491, at random, so that both sides don't try again at once (RFC 3261 section 14.1).
  /// - Parameter isCaller: whether the Call-ID of the dialog is ours.
  static func glareWait(
    isCaller: Bool, using generator: inout some RandomNumberGenerator
  ) -> Int {
    10
      * (isCaller ? Int.random(in: 210...400, using: &generator) : Int.random(in: 0...200, using: &generator))
  }
}
