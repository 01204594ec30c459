import Supervision

/// One leg: a dialog with a peer, and where it stands. Each state allows what may be said in it and no more; so a
/// pending INVITE gets one final answer, and a hang-up is reported once.
struct SIPLeg {
  enum State: Hashable {
    /// The peer's INVITE waits for its final answer.
    case invited
    /// Our 200 waits for its ACK.
    case accepted
    /// Our INVITE waits for its final answer. A CANCEL may follow only after some answer (RFC 3261 section 9.1).
    case dialling(isHeard: Bool)
    /// Our INVITE was taken back; its final answer is still to come.
    case cancelling(HangupReason, isHeard: Bool)
    /// Answered and acknowledged.
    case up
    /// Up, and the peer's re-INVITE waits for its final answer.
    case reoffered
    /// To be hung up as soon as the ACK is there: before it no BYE may go (RFC 3261 section 15).
    case leaving(HangupReason)
    /// BYE sent.
    case ending(HangupReason)
    /// Nothing more to say; the library still has to wind up.
    case over

    /// Answered on both sides, and nobody has hung up.
    var isUp: Bool { self == .up || self == .reoffered }
  }

  let id: LegID
  var dialog: SIPDialog
  var state: State
  /// Our INVITE, of a leg that we dial.
  var invite: OutgoingInvite?
  var session = SIPSession()
  /// The peer's UPDATE or PRACK with an offer waits for its final answer.
  var isHeld = false
  /// The description of our 200 is an offer: the ACK is to bring the answer.
  var offersLate = false
  /// He wants every provisional answer reliably, and of those the first must have our offer (RFC 3262 section 5),
  /// which isn't made before the answer.
  var isSilentUntilAnswer = false
  /// The end was told to the sink: nothing more is.
  var isReported = false
  /// By which peers speak of it; nil before the answer.
  var name: SIPDialogName?
  /// CSeq of the REFER that waits for its outcome.
  var referral: UInt32?
  /// Ring time-out, keep-alive or farewell.
  var timer: SIPTimer?
}
