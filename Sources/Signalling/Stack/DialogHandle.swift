import CSofia

/// The one owner of a `nua_handle_t`: made with it, destroyed with it. Lives on the stack's thread only.
final class DialogHandle {
  let pointer: OpaquePointer
  /// An INVITE of the peer that waits for its final answer.
  var hasPendingInvite = false
  var credentials: SIPCredentials?
  /// Where the peer reaches us by his transport; nil where the library knows, for there is no TLS.
  var contact: String?
  /// How often the credentials were given for one challenge after another.
  var attempts = 0
  /// The challenge that was answered last.
  var challenged: SIPResponse?

  /// The reliable answer that was confirmed last, by the branch that sent it.
  var confirmed: [String: UInt32] = [:]
  /// A request of the peer, other than an INVITE, that is answered later.
  private(set) var held: OpaquePointer?

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit {
    if let held { sofia_forget(held) }
    nua_handle_destroy(pointer)
  }

  /// Whether a reliable answer is the next one of its branch: not one that was confirmed already, or that is ahead of a
  /// lost one.
  func takes(_ answer: ReliableAnswer) -> Bool {
    if let last = confirmed[answer.tag], answer.number != last &+ 1 { return false }
    // As many branches as no call has: whoever makes them up shall not fill our memory.
    guard confirmed[answer.tag] != nil || confirmed.count < 64 else { return false }
    confirmed[answer.tag] = answer.number
    return true
  }

  /// Keeps a request to be answered later. False if there is one already.
  func hold(_ request: OpaquePointer) -> Bool {
    guard held == nil else { return false }
    held = request
    return true
  }

  /// Gives up the request that was kept; to be given back by `sofia_forget`.
  func takeHeld() -> OpaquePointer? {
    defer { held = nil }
    return held
  }
}

/// What a phone proves itself with (RFC 7616).
package struct SIPCredentials: Hashable, Sendable {
  package var user: String
  package var password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }
}
