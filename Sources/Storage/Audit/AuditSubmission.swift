import Supervision

/// Tells one `submit` from all others, for ever: an entry that comes to the chain on two ways (directly, and through
/// the spool) is written once.
package struct SubmissionID: Hashable, Sendable {
  package static let size = 16
  package let bytes: [UInt8]

  package init() { bytes = RandomBytes.make(Self.size) }

  package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// An entry on its way to the disk.
package struct AuditSubmission: Sendable {
  package typealias Completion = @Sendable (Result<AuditReceipt, AuditFault>) -> Void

  package let id: SubmissionID
  package let entry: AuditEntry
  /// `AuditEncoding` of the entry.
  package let payload: [UInt8]
  package let urgency: AuditUrgency
  /// When waiting for the database has an end.
  package let deadline: ContinuousClock.Instant
  /// nil once called: exactly once.
  package var completion: Completion?

  package init(
    _ entry: AuditEntry, urgency: AuditUrgency, deadline: ContinuousClock.Instant,
    completion: @escaping Completion
  ) {
    self.id = SubmissionID()
    self.entry = entry
    self.payload = AuditEncoding.encode(entry)
    self.urgency = urgency
    self.deadline = deadline
    self.completion = completion
  }

  mutating func takeCompletion() -> Completion? {
    defer { completion = nil }
    return completion
  }
}
