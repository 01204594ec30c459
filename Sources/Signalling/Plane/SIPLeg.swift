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
  }

  let id: LegID
  let dialog: SIPDialog
  var state: State
  /// The end was told to the sink: nothing more is.
  var isReported = false
  /// By which peers speak of it; nil before the answer.
  var name: SIPDialogName?
  /// CSeq of the REFER that waits for its outcome.
  var referral: UInt32?
  /// Ring time-out, keep-alive or farewell.
  var timer: SIPTimer?
}
