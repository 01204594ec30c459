import RTP
import Signalling

/// Where a phone's call stands, as the phone sees it. A plain value.
package struct PhoneCallState: Hashable, Sendable {
  package enum Phase: Int, Hashable, Sendable, Comparable {
    /// The INVITE is out, or in and unanswered.
    case calling
    /// 180.
    case ringing
    /// 183 with a description: sound flows already.
    case early
    case answered
    case ended

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  package var phase = Phase.calling
  /// What was agreed last; nil before.
  package var audio: AudioNegotiation?
  /// Why it ended; nil while it lives.
  package var end: CallEnd?
  /// Descriptions agreed on so far: grows with each re-INVITE.
  package var agreements = 0
  /// When the INVITE went out or came in, and when it was answered, ns since 1970.
  package var invited: Int64 = 0
  package var answered: Int64 = 0
  /// A re-INVITE of ours waits for its answer.
  package var isRenegotiating = false
  /// The status of the last refusal of a re-INVITE of ours.
  package var renegotiationRefused: Int?

  /// What the call's dialog is called on the wire (RFC 3261 section 12); nil before the answer.
  package var dialog: DialogName?
  /// The status that the last NOTIFY gave of what this phone has asked for by REFER, and of the REFER itself.
  package var transferStatus: Int?
  package var referStatus: Int?

  package struct DialogName: Hashable, Sendable {
    package var callID: String
    package var ownTag: String
    package var peerTag: String
  }

  /// The other side has put this phone on hold.
  package var isHeldByPeer: Bool { audio?.isHeldByRemote == true }
}

/// How a call ended.
package struct CallEnd: Hashable, Sendable, CustomStringConvertible {
  /// Of the refusal, or 200 for a call that was answered and then ended.
  package var status: Int
  package var phrase: String
  /// RFC 3326, where the peer gave one.
  package var reason: SIPMessage.Reason?
  package var isByPeer: Bool

  package var description: String {
    let why = reason.map { " (\($0.protocolName) \($0.cause.map(String.init) ?? "–") \($0.text))" } ?? ""
    return "\(status) \(phrase)\(why), by the \(isByPeer ? "peer" : "phone")"
  }
}

/// A request of a phone that was refused.
package struct PhoneRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package var status: Int
  package var phrase: String
  package var reason: SIPMessage.Reason?

  init(status: Int, phrase: String, reason: SIPMessage.Reason? = nil) {
    self.status = status
    self.phrase = phrase
    self.reason = reason
  }

  package var description: String { "refused with \(status) \(phrase)\(reason.map { ": \($0.text)" } ?? "")" }
}

/// What a phone does when it is called.
package enum Answering: Hashable, Sendable {
  /// Rings, and answers at once.
  case automatic
  /// Rings until it is told to do something.
  case ring
  /// 486, 480, 603 …
  case refuse(Int)
  /// Doesn't even say that it rings.
  case ignore
}
