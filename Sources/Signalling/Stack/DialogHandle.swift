import CSofia

/// The one owner of a `nua_handle_t`: made with it, destroyed with it. Lives on the stack's thread only.
final class DialogHandle {
  let pointer: OpaquePointer
  /// An INVITE of the peer that waits for its final answer.
  var hasPendingInvite = false
  var credentials: SIPCredentials?
  /// How often the credentials were given for one challenge after another.
  var attempts = 0
  /// The challenge that was answered last.
  var challenged: SIPResponse?

  /// A request of the peer, other than an INVITE, that is answered later.
  private(set) var held: OpaquePointer?

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit {
    if let held { sofia_forget(held) }
    nua_handle_destroy(pointer)
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
