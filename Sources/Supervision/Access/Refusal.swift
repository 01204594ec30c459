/// Why something was not done. One list for every way in: `Signalling` maps it to a SIP status, `API` to a
/// problem+json; both in one place each.
package enum Refusal: Error, Hashable, Sendable, Codable {
  /// No such call, or one outside the asker's scope: the two must not be told apart.
  case unknownCall
  /// The named agent is in no call (or in none within the asker's scope).
  case noCallForAgent
  case unknownSession
  /// The call is there, but the right for this act is not.
  case notPermitted(Permission)
  /// The supervisor has a session on another call already (M6).
  case alreadySupervising
  /// Somebody else has taken the call over.
  case alreadyTakenOver
  /// The agent has left after a takeover, so there is nobody to coach or to hand back to.
  case agentReleased
  /// The call isn't answered yet, or is ending.
  case callNotActive
  /// The entry could not be written: no audit, no supervision (U3).
  case auditUnavailable
  /// This act needs a statement (`purpose` or `reason`) that was not given.
  case statementMissing(String)
  /// The device can't be reached: not allowed, not registered, malformed.
  case deviceUnusable(String)
  case deviceBusy
  case deviceNoAnswer
  case noCommonCodec
  case badDescription(String)
  /// No free RTP port, no descriptor, or a worker that can't take more.
  case noResources(String)
  /// The node has as much to do as it may have: no supervision is begun, or no call (X5).
  case overloaded
  /// The dialled number leads nowhere.
  case noRoute(String)
  /// The agent has rejected the whisper, or didn't answer the question (M12).
  case whisperRejected
  /// The one who is to read it has no page open, or the matrix gives him no text (M10).
  case cueUndeliverable(String)
  /// What was written is empty or too long.
  case badText(String)
  /// Another transfer of this call is under way.
  case transferPending
  /// What was to be transferred, joined or fetched can't be. Words for people.
  case transferRefused(String)
  /// The process is stopping.
  case stopping

  /// What failed and what to do, in a sentence or two.
  package var explanation: String {
    switch self {
    case .unknownCall: "There is no such call. List the calls in your scope and try again."
    case .noCallForAgent: "This agent is in no call that you may supervise. Check the extension."
    case .unknownSession: "There is no such supervision session; it may have ended with its call."
    case .notPermitted(let permission):
      "Your grants don't include '\(permission.rawValue)' on this call. Ask an administrator for it."
    case .alreadySupervising: "You supervise another call already. Leave it first."
    case .alreadyTakenOver: "Another supervisor has taken this call over. Listen, or wait until he leaves."
    case .agentReleased: "The agent was released at the takeover, so only takeover is left on this call."
    case .callNotActive: "The call isn't answered yet, or is ending. Try again once it is answered."
    case .auditUnavailable:
      "The audit can't be written, so nothing may be supervised. Calls run on; check disk and database."
    case .statementMissing(let what): "The policy asks for a \(what) here. State it and try again."
    case .deviceUnusable(let why): "The supervisor's device can't be used: \(why)"
    case .deviceBusy: "The supervisor's phone is busy. Free it and try again."
    case .deviceNoAnswer: "The supervisor's phone didn't answer in time. Answer it when it rings."
    case .noCommonCodec: "No audio codec in common. Allow PCMU or PCMA on that phone."
    case .badDescription(let why): "The session description can't be used: \(why)"
    case .overloaded:
      "Earshot has too much to do to begin this; what is going on already isn't touched. Try again in a moment."
    case .noResources(let what): "No room for another leg: \(what)"
    case .noRoute(let number): "Nothing is known under '\(number)'. Check the number, or add a routing rule."
    case .whisperRejected: "The agent didn't accept the whisper. Listen on, or ask again later."
    case .cueUndeliverable(let why): "The cue can't be delivered: \(why)"
    case .badText(let why): "This text can't be taken: \(why)"
    case .transferPending: "Another transfer of this call is under way. Try again when it is done."
    case .transferRefused(let why): "The transfer can't be done: \(why)"
    case .stopping: "Earshot is stopping. Try another node, or again in a moment."
    }
  }
}
