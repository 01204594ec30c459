/// A message of `GET /v1/events`.
package struct EventDocument: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable {
    /// All calls in scope; forget what was known before.
    case snapshot
    /// What changed since the message before.
    case delta
    /// The answer to a `since` that is still known: deltas go on from there.
    case resumed
  }

  package var type: Kind
  /// The number of the newest change in here. Several changes may come in one message, so numbers may jump.
  package var sequence: UInt64
  /// For a delta: the number that it follows.
  package var previous: UInt64?
  /// To be given as `since` when the stream is opened again.
  package var cursor: String
  /// For a snapshot: oldest first.
  package var calls: [CallDocument]?
  /// For a delta: these calls are now so.
  package var changed: [CallDocument]?
  /// For a delta: these calls have ended, or have left the scope.
  package var gone: [String]?
}
