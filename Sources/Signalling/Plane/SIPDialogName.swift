/// What a dialog is called on the wire (RFC 3261 section 12), and how peers name it who want its place (RFC 3891).
struct SIPDialogName: Hashable, Sendable {
  let callID: String
  let ownTag: String
  let peerTag: String

  init(ours: SIPMessage.Party, peer: SIPMessage.Party, callID: String) {
    self.callID = callID
    ownTag = ours.tag ?? ""
    peerTag = peer.tag ?? ""
  }

  /// From a request of the peer.
  init(ours: SIPMessage.Party, peer message: SIPMessage) {
    self.init(ours: ours, peer: message.from, callID: message.callID)
  }

  func isMeant(by replaces: SIPMessage.Replaces) -> Bool {
    callID == replaces.callID && ownTag == replaces.toTag && peerTag == replaces.fromTag
  }
}
