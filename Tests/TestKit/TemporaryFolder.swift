import Foundation

/// A folder of a test's own; gone with the test.
package final class TemporaryFolder: Sendable {
  package let path: String

  /// In memory where the machine has room for it: a disk that is busy with other things must not make a test wait
  /// seconds for its `fsync`.
  package static let root: URL =
    access("/dev/shm", W_OK) == 0
    ? URL(filePath: "/dev/shm", directoryHint: .isDirectory) : FileManager.default.temporaryDirectory

  package init() {
    path = Self.root.appending(path: "earshot-\(UUID().uuidString)").path
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
