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

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { nua_handle_destroy(pointer) }
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
