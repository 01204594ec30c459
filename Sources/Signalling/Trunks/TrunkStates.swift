import Supervision

/// One place where requests of a trunk may be sent.
struct NextHop: Hashable, Sendable, CustomStringConvertible {
  let trunk: String
  /// As in the settings.
  let address: String

  var uri: String { "sip:\(address)" }
  var description: String { "\(address) of trunk '\(trunk)'" }
}

/// What is known of the trunks at present, and what is under way towards them.
struct TrunkStates {
  /// A next hop that is looked after.
  struct Hop {
    var health = HopHealth()
    /// The next check, or the end of the patience with this one.
    var timer: SIPTimer?
    var check: SIPDialog?
  }

  struct Registration {
    var dialog: SIPDialog?
    var isInForce = false
    var backoff = RegistrationBackoff()
    /// The next try.
    var timer: SIPTimer?
  }

  /// A call that looks for its next hop.
  struct Attempt {
    let trunk: SignallingSettings.Trunk
    /// Where it is tried now, and where it may be tried after that.
    var hop: NextHop
    var rest: [NextHop]
    /// User part to ask for.
    let user: String
    var call: OutgoingInvite?
    /// A provisional answer has been passed on, so this hop is the one.
    var hasProgress = false
    /// The end of the patience with this hop.
    var timer: SIPTimer?

    var uri: String { "sip:\(SIPURI.encoded(user))@\(hop.address)" }
  }

  var hops: [NextHop: Hop] = [:]
  var hopOfCheck: [SIPDialog: NextHop] = [:]
  var registrations: [NextHop: Registration] = [:]
  var hopOfRegistration: [SIPDialog: NextHop] = [:]
  var attempts: [LegID: Attempt] = [:]
  /// INVITEs that were given up for another hop before anybody answered. What comes of them still is ended.
  var abandoned: Set<SIPDialog> = []

  func isUp(_ hop: NextHop) -> Bool { hops[hop]?.health.isUp ?? true }

  /// Leaves a call alone: it is answered, refused or gone. Gives the timer that is to be cancelled.
  mutating func settle(_ id: LegID) -> SIPTimer? { attempts.removeValue(forKey: id)?.timer }
}
