/// What a leg knows of its session beside its state.
struct SIPSession {
  /// As agreed; nil without one.
  var timer: SessionTimer?
  /// Seconds that the peer takes at least (Min-SE of a 422); 0 if he never said so.
  var floor = 0
  /// The next refresh of ours.
  var refresh: SIPTimer?
  /// The end, if nobody refreshes until then.
  var expiry: SIPTimer?
  /// Our refresh waits for its answer.
  var isRefreshing = false
  /// Whether the peer takes UPDATE (RFC 3311), as his last Allow says.
  var allowsUpdate = false
  /// The description that we gave last.
  var described: String?
  /// The description that the peer gave last.
  var heard: String?
}
