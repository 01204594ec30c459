/// Where audit entries go.
///
/// `submit` never blocks, never fails by itself and keeps the order of its calls; the outcome comes by `completion`,
/// from any thread, exactly once. `success` means: on disk (fsync'ed), for good.
package protocol AuditLog: Sendable {
  func submit(
    _ entry: AuditEntry, urgency: AuditUrgency,
    completion: @escaping @Sendable (Result<AuditReceipt, AuditFault>) -> Void)
  /// Newest first.
  func entries(_ query: AuditQuery) async throws(AuditFault) -> [AuditRecord]
}

package enum AuditUrgency: Hashable, Sendable {
  /// Something waits for this entry before it opens sound: fail fast rather than late.
  case gate
  /// What it tells has happened already (a closing, a refusal): it must not be lost. If the database can't take it, it goes
  /// to the reserved spool on disk and from there into the chain when the database is back; `success` then means: in the spool.
  case after
}

/// Where an entry stands in its chain.
package struct AuditReceipt: Hashable, Sendable, Codable {
  package var chain: String
  /// nil while the entry waits in the spool.
  package var sequence: UInt64?

  package init(chain: String, sequence: UInt64?) {
    self.chain = chain
    self.sequence = sequence
  }
}

package struct AuditFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed, where, what to do.
  package var explanation: String
  package init(_ explanation: String) { self.explanation = explanation }
  package var description: String { explanation }
}

/// All conditions are joined by *and*; nil means any.
package struct AuditQuery: Hashable, Sendable {
  package var tenant: TenantID
  package var call: CallID?
  package var supervisor: UserID?
  package var agent: String?
  package var from: Int64?
  package var until: Int64?
  /// Only sequences below this one (for paging, newest first).
  package var before: UInt64?
  package var limit: Int

  package init(
    tenant: TenantID, call: CallID? = nil, supervisor: UserID? = nil, agent: String? = nil,
    from: Int64? = nil,
    until: Int64? = nil, before: UInt64? = nil, limit: Int = 100
  ) {
    self.tenant = tenant
    self.call = call
    self.supervisor = supervisor
    self.agent = agent
    self.from = from
    self.until = until
    self.before = before
    self.limit = limit
  }
}

/// An entry with its place in the chain.
package struct AuditRecord: Hashable, Sendable, Codable {
  package var sequence: UInt64
  /// Lower-case hex of the entry's hash.
  package var hash: String
  package var entry: AuditEntry

  package init(sequence: UInt64, hash: String, entry: AuditEntry) {
    self.sequence = sequence
    self.hash = hash
    self.entry = entry
  }
}
