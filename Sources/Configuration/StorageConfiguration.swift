import Foundation

/// Where the audit and its key are kept: `storage` of the file.
package struct StorageConfiguration: Hashable, Sendable {
  /// Folder of the database, the spool and the signing key. Relative to the working directory. Must exist.
  package var folder = "var/earshot"
  /// Name of this node: the audit has one chain per tenant and node, so it must stay the same,
  /// and isn't the host's.
  package var node = "main"
  package var audit = Audit()

  package struct Audit: Hashable, Sendable {
    /// Seconds that supervision may wait for its entry to be on disk before it is refused.
    package var gateDeadline = 2.0

    package init() {}
  }

  package init() {}
}

extension StorageConfiguration {
  init(_ reader: SectionReader, context: ReadingContext) {
    folder = reader.text("folder", default: folder)
    node = reader.text("node", default: node)
    if node.isEmpty { reader.fault("node", "is empty.", remedy: "Give this node a name that it keeps.") }
    let audit = reader.section("audit")
    self.audit.gateDeadline = audit.number(
      "gateDeadline", in: 0.1...30, unit: "s", default: self.audit.gateDeadline)
    audit.finish()
    reader.finish()
    if context.checksFiles { checkFolder(reader) }
  }

  private func checkFolder(_ reader: SectionReader) {
    var isFolder: ObjCBool = false
    let files = FileManager.default
    guard files.fileExists(atPath: folder, isDirectory: &isFolder) else {
      return reader.fault(
        "folder", "there is no folder \(folder).", remedy: "mkdir -p -m 700 \(folder)")
    }
    guard isFolder.boolValue else {
      return reader.fault("folder", "\(folder) is no folder.", remedy: "Give the path of a folder.")
    }
    if let mode = FileMode.of(folder), mode & 0o077 != 0 {
      reader.fault(
        "folder", "the folder \(folder) is open to other users (mode \(String(mode, radix: 8))).",
        remedy: "chmod 700 \(folder)")
    }
    if !files.isWritableFile(atPath: folder) {
      reader.fault(
        "folder", "the folder \(folder) can't be written.",
        remedy: "Give it to the user that runs Earshot: chown, chmod 700.")
    }
  }
}
