/// Whether the audit can be written: the ground of readiness, and of the rule that live supervision ends when it can't
/// (U3).
package struct AuditHealth: Hashable, Sendable {
  /// The last time that something was on disk; nil if nothing has been since the start.
  package var lastSuccess: Moment?
  package var lastFailure: Moment?
  /// Since when nothing could be written; nil while it can be.
  package var failingSince: Moment?
  /// What failed last, where, and what to do; nil while it can be written.
  package var explanation: String?

  package init() {}

  package var isWritable: Bool { failingSince == nil }
}
