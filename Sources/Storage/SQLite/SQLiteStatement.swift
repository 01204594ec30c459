import CSQLite

/// One prepared statement. Parameters are numbered from 1, columns from 0, as in SQLite.
package struct SQLiteStatement: ~Copyable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  // A bind fails only for an index that the statement doesn't have or for want of memory: a fault of the code.

  package func bind(_ index: Int32, _ value: Int64?) {
    let code = value.map { sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index)
    precondition(code == SQLITE_OK, "parameter \(index)")
  }

  package func bind(_ index: Int32, _ value: String?) {
    guard var value else { return bind(index, Int64?.none) }
    let code = value.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        earshot_sqlite_bind_text(handle, index, $0.baseAddress, Int32($0.count))
      }
    }
    precondition(code == SQLITE_OK, "parameter \(index)")
  }

  package func bind(_ index: Int32, _ value: [UInt8]) {
    let code = value.withUnsafeBytes {
      earshot_sqlite_bind_blob(handle, index, $0.baseAddress, Int32($0.count))
    }
    precondition(code == SQLITE_OK, "parameter \(index)")
  }

  /// True while there is a row. At the end, and after a fault, the statement is ready to be used again.
  package func step() throws(SQLiteFault) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    defer { sqlite3_reset(handle) }
    guard code == SQLITE_DONE else {
      let database = sqlite3_db_handle(handle)
      throw SQLiteFault(
        code: code, action: String(cString: sqlite3_sql(handle)).prefix(60).description,
        message: String(cString: sqlite3_errmsg(database)))
    }
    return false
  }

  /// Runs a statement that gives no rows.
  package func run() throws(SQLiteFault) {
    while try step() {}
  }

  /// Ends reading before the last row.
  package func reset() { sqlite3_reset(handle) }

  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  package func text(_ column: Int32) -> String? {
    guard let text = sqlite3_column_text(handle, column) else { return nil }
    let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column)))
    return String(decoding: bytes, as: UTF8.self)
  }

  package func bytes(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
  }
}
