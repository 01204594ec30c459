import CSQLite

/// SQLite refused something.
package struct SQLiteFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Extended result code.
  package var code: Int32
  /// What was being done.
  package var action: String
  package var message: String

  /// The code without its extension.
  package var primaryCode: Int32 { code & 0xff }

  /// Somebody else holds the lock: worth trying again soon.
  package var isLocked: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

  package var description: String { "\(action): \(message) (SQLite code \(code))" }

  /// What to do about it, for the one who runs the machine.
  package var remedy: String {
    switch primaryCode {
    case SQLITE_BUSY, SQLITE_LOCKED: "end the program that holds the database locked"
    case SQLITE_FULL: "free space on its file system"
    case SQLITE_READONLY, SQLITE_PERM: "let the user who runs Earshot write it and its folder"
    case SQLITE_CANTOPEN: "see that its folder exists and that the user who runs Earshot may write there"
    case SQLITE_NOTADB, SQLITE_CORRUPT: "bring back the file from a backup, or move it away to begin anew"
    case SQLITE_IOERR: "check the disk and its free space"
    default: "see the message"
    }
  }
}
