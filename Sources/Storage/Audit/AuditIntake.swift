import Glibc
import Locking
import Supervision

/// The backlog, shared by those who submit, the writer and the watch over deadlines. Held only for moments; no
/// completion is called while it is held.
final class AuditIntake: Sendable {
  private let backlog: Lock<AuditBacklog>

  init(limit: Int) { backlog = Lock(AuditBacklog(limit: limit)) }

  func with<Value: Sendable>(_ body: (inout sending AuditBacklog) -> Value) -> Value {
    backlog.withLock { body(&$0) }
  }

  /// Puts these into the spool, as far as it has room, and tells those who wait for them.
  func move(_ submissions: [AuditSubmission], to spool: AuditSpool, node: String) throws(FileFault) {
    var fault: FileFault?
    var taken = 0
    do throws(FileFault) {
      taken = try spool.append(submissions.map { AuditSpool.Record(id: $0.id, payload: $0.payload) })
      if taken < submissions.count { fault = FileFault(call: "append", path: spool.path, errno: ENOSPC) }
    } catch {
      fault = error
    }
    for (tenant, completion) in with({ $0.spooled(Set(submissions.prefix(taken).map(\.id))) }) {
      let chain = AuditChainName(tenant: tenant, node: node)
      completion(.success(AuditReceipt(chain: chain.description, sequence: nil)))
    }
    if let fault { throw fault }
  }
}
