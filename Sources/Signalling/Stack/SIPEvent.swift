/// The name of one dialog (or of one exchange outside a dialog) of a `SIPStack`. Never used twice by that stack; a
/// name that has been released does no harm.
package struct SIPDialog: Hashable, Sendable, CustomStringConvertible {
  package let number: UInt
  package var description: String { "dialog-\(number)" }
}

/// What came over the wire. Delivered on the stack's thread, in order.
package enum SIPEvent: Sendable {
  case request(SIPRequest)
  case response(SIPResponse)
  /// The INVITE session of this dialog is over, whoever ended it and however. Nothing follows but the answer to a
  /// BYE; the dialog is still to be released.
  case terminated(SIPDialog)
  /// The stack gave up on something: no ACK for our 200 (408), an answer to a request that is gone.
  case failure(SIPDialog?, status: Int, phrase: String)
}

package struct SIPRequest: Sendable {
  package var dialog: SIPDialog
  package var method: SIPMethod
  /// Whether the dialog was known before: a re-INVITE, a BYE; false for what opens a new one.
  package var isInDialog: Bool
  /// The stack has answered by itself (BYE, CANCEL) or there is nothing to answer (ACK). Otherwise an INVITE waits
  /// for `respond` as long as it takes, and everything else must be answered before the handler returns: what isn't
  /// gets a 501.
  package var isAnswered: Bool
  package var message: SIPMessage
}

package struct SIPResponse: Sendable {
  package var dialog: SIPDialog
  /// Of the request that is answered.
  package var method: SIPMethod
  /// 100–699. Also 408 and 503 that the stack made itself (no answer, unreachable); then `message` is nil.
  package var status: Int
  package var phrase: String
  package var message: SIPMessage?
}
