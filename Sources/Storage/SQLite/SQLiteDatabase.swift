import CSQLite

/// One connection to a database file. It stays on the thread that uses it; SQLite's own locks are off.
package struct SQLiteDatabase: ~Copyable {
  package enum Access: Sendable {
    case readWrite
    case readOnly
  }

  private let handle: OpaquePointer

  /// `vfs`: the name of the file system layer; nil for SQLite's own.
  package init(path: String, access: Access, vfs: String? = nil) throws(SQLiteFault) {
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
      | (access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY)
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags, vfs)
    guard code == SQLITE_OK, let opened else {
      let message = String(cString: sqlite3_errstr(code))
      sqlite3_close_v2(opened)
      throw SQLiteFault(code: code, action: "open \(path)", message: message)
    }
    handle = opened
  }

  deinit { sqlite3_close_v2(handle) }

  /// How long a statement waits for a lock that somebody else holds.
  package func setBusyTimeout(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

  /// One or more statements without results.
  package func execute(_ sql: String) throws(SQLiteFault) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw fault(code, String(sql.prefix(60))) }
  }

  package func prepare(_ sql: String) throws(SQLiteFault) -> SQLiteStatement {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw fault(code, String(sql.prefix(60))) }
    return SQLiteStatement(statement)
  }

  /// The first column of the first row, as an integer; nil without a row.
  package func integer(_ sql: String) throws(SQLiteFault) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Runs `body` in a transaction that takes the write lock at once. Whatever fails, nothing of it stays.
  package func transaction<Value>(_ body: () throws(SQLiteFault) -> Value) throws(SQLiteFault) -> Value {
    try execute("BEGIN IMMEDIATE")
    do {
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      // Some faults (a full disk) have rolled back already; a second one would hide the first.
      if isInTransaction { try? execute("ROLLBACK") }
      throw error
    }
  }

  private func fault(_ code: Int32, _ action: String) -> SQLiteFault {
    SQLiteFault(
      code: sqlite3_extended_errcode(handle), action: action, message: String(cString: sqlite3_errmsg(handle))
    )
  }
}
