import Glibc
import Supervision

/// The files of the audit and who may touch them.
package struct AuditFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package var database: String { "\(path)/audit.sqlite" }
  package var spool: String { "\(path)/audit.spool" }
  package var lock: String { "\(path)/audit.lock" }
  /// Signs checkpoints; whoever has it can forge them.
  package var key: String { "\(path)/audit.key" }
  /// Proves checkpoints; may be given away.
  package var publicKey: String { "\(path)/audit.pub" }

  /// Throws unless the folder is there and closed to others. It isn't made here: a path with a slip of the pen would
  /// silently begin a new audit somewhere else.
  package func check() throws(AuditFault) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw AuditFault(
        "audit folder \(path): \(String(cString: strerror(errno))); make it with: mkdir -m 0700 '\(path)'")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw AuditFault("audit folder \(path) is no folder; name another one in the configuration")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw AuditFault("audit folder \(path) is open to other users; close it with: chmod 0700 '\(path)'")
    }
  }

  /// Throws if the file is there and open to others; makes it with mode 0600 if it isn't.
  package func makePrivate(_ file: String) throws(AuditFault) {
    do {
      _ = try StoredFile(path: file)
    } catch {
      throw error.auditFault
    }
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw AuditFault("\(file) is open to other users; close it with: chmod 0600 '\(file)'")
    }
  }
}

/// The audit folder taken for this process alone: two writers would fork the chain. Given back when this value ends.
package struct AuditLock: ~Copyable {
  private let file: StoredFile

  package init(_ folder: AuditFolder) throws(AuditFault) {
    let file = try Self.explaining { () throws(FileFault) in try StoredFile(path: folder.lock) }
    guard try Self.explaining({ () throws(FileFault) in try file.lock() }) else {
      let holder = (try? file.read(16, at: 0)).map { String(decoding: $0, as: UTF8.self) }
      throw AuditFault(
        "audit folder \(folder.path) is in use by process \(holder ?? "?"); stop it, or give this one another folder"
      )
    }
    try Self.explaining { () throws(FileFault) in
      try file.truncate(to: 0)
      try file.write(Array("\(getpid())".utf8), at: 0)
    }
    self.file = file
  }

  private static func explaining<Value: ~Copyable>(
    _ body: () throws(FileFault) -> Value
  ) throws(AuditFault) -> Value {
    do {
      return try body()
    } catch {
      throw error.auditFault
    }
  }
}
