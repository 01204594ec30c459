import Glibc
import Supervision

/// The key that signs checkpoints, on disk: made at the first start.
package enum AuditKeys {
  /// `isNew`: nothing has been signed yet, so that a key may be made. A lost key is never replaced in silence: what it
  /// signed could no longer be proved.
  package static func load(from folder: AuditFolder, isNew: Bool) throws(AuditFault) -> SigningKey {
    do {
      if let text = try contents(of: folder.key) {
        try folder.makePrivate(folder.key)
        guard let key = SigningKey(pem: text) else {
          throw AuditFault("\(folder.key) holds no Ed25519 key in PEM; bring it back from a backup")
        }
        if try contents(of: folder.publicKey) != key.verifyingKeyPEM {
          try write(key.verifyingKeyPEM, to: folder.publicKey)
        }
        return key
      }
      guard isNew else {
        throw AuditFault(
          "\(folder.key) is gone, but checkpoints were signed with it; bring it back from a backup, or move "
            + "\(folder.database) away to begin a new audit")
      }
      let key = SigningKey()
      try write(key.pem, to: folder.key)
      try write(key.verifyingKeyPEM, to: folder.publicKey)
      return key
    } catch let fault as FileFault {
      throw fault.auditFault
    } catch let fault as AuditFault {
      throw fault
    } catch {
      throw AuditFault("\(folder.key): \(error)")
    }
  }

  /// The text of a key file.
  package static func pem(at path: String) throws(AuditFault) -> String {
    do {
      if let pem = try contents(of: path) { return pem }
    } catch {
      throw error.auditFault
    }
    throw AuditFault("public key \(path) isn't there; it stands beside the database as audit.pub")
  }

  /// nil if there is no file.
  private static func contents(of path: String) throws(FileFault) -> String? {
    do {
      let file = try StoredFile(path: path, access: .readOnly)
      return String(decoding: try file.read(4096, at: 0), as: UTF8.self)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// Whole or not at all, even if the power fails meanwhile.
  private static func write(_ text: String, to path: String) throws(FileFault) {
    let draft = path + ".new"
    unlink(draft)
    let file = try StoredFile(path: draft)
    try file.write(Array(text.utf8), at: 0)
    try file.sync()
    guard rename(draft, path) == 0 else { throw FileFault(call: "rename", path: path, errno: errno) }
    try StoredFile.syncFolder(of: path)
  }
}
