import Supervision

/// A phone's lamp as the wire sees it: a subscription to the event package `dialog` (RFC 4235, RFC 6665). At most one
/// NOTIFY is under way; what changes meanwhile is told by the next one, and only as it is then.
struct SIPLamp {
  let dialog: SIPDialog
  let tenant: TenantID
  let user: UserID
  /// The address that was asked for: its user part, and the whole.
  let address: String
  let entity: String
  let event: SIPMessage.Event
  /// When it ends unless it is asked for again, ms of the plane's clock.
  var ends: UInt64
  var timer: SIPTimer?
  /// Counts the documents (RFC 4235 section 4.1).
  var version: UInt32 = 0
  /// Of what was told last, or is about to be.
  var lamp = Lamp()
  /// A SUBSCRIBE waits for the word of the calls.
  var isAsked = true
  var isNotifying = false
  /// What was told isn't all any more.
  var isStale = false
  /// Why it ends (RFC 6665 section 4.1.3); nil while it doesn't.
  var ending: String?
}
