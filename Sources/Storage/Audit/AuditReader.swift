import Supervision

/// Reads the audit, beside whoever writes it. Pinned to a thread of its own, since a search may take long.
package actor AuditReader {
  private nonisolated let thread = StorageThread(name: "audit-read")
  private let path: String
  private let node: String
  private var database: SQLiteDatabase?

  /// `path`: the database file. `node`: whose chains are read.
  package init(path: String, node: String) {
    self.path = path
    self.node = node
  }

  deinit { thread.stop() }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Newest first, without those whose content retention has erased. `agent` is looked for among the agents' names and
  /// the monitored extensions; `from` is included, `until` is not.
  package func entries(_ query: AuditQuery) throws(AuditFault) -> [AuditRecord] {
    do throws(SQLiteFault) {
      if database == nil {
        database = try SQLiteDatabase(path: path, access: .readOnly)
        database?.setBusyTimeout(milliseconds: 2000)
      }
      return try read(query)
    } catch {
      throw AuditFault("audit database \(path): \(error); \(error.remedy)")
    }
  }

  package func close() { database = nil }

  private func read(_ query: AuditQuery) throws(SQLiteFault) -> [AuditRecord] {
    var conditions: [(sql: String, value: Value)] = [
      ("tenant = ?", .text(query.tenant.value)), ("node = ?", .text(node)),
    ]
    query.call.map { conditions.append(("call = ?", .text($0.value))) }
    query.supervisor.map { conditions.append(("supervisor = ?", .text($0.value))) }
    query.agent.map { conditions.append(("? IN (agent, extension)", .text($0))) }
    query.from.map { conditions.append(("time >= ?", .integer($0))) }
    query.until.map { conditions.append(("time < ?", .integer($0))) }
    query.before.map { conditions.append(("content.sequence < ?", .integer(Int64(clamping: $0)))) }
    guard
      let select = try database?.prepare(
        """
        SELECT content.sequence, entry.hash, content.payload
        FROM chain JOIN content ON content.chain = chain.id
        JOIN entry ON entry.chain = chain.id AND entry.sequence = content.sequence
        WHERE \(conditions.map(\.sql).joined(separator: " AND "))
        ORDER BY content.sequence DESC LIMIT \(max(0, query.limit))
        """)
    else { return [] }
    for (index, condition) in zip(Int32(1)..., conditions) {
      switch condition.value {
      case .text(let text): select.bind(index, text)
      case .integer(let integer): select.bind(index, integer)
      }
    }
    var records: [AuditRecord] = []
    while try select.step() {
      guard let hash = AuditDigest(select.bytes(1)), let entry = try? AuditEncoding.decode(select.bytes(2))
      else { continue }
      records.append(
        AuditRecord(sequence: UInt64(max(0, select.integer(0))), hash: hash.description, entry: entry))
    }
    return records
  }

  private enum Value {
    case text(String)
    case integer(Int64)
  }
}
