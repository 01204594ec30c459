import Glibc

/// An open file of Earshot's own: made with mode 0600, closed when this value ends.
package struct StoredFile: ~Copyable {
  private let descriptor: Int32
  package let path: String

  package enum Access: Sendable {
    /// Makes the file if it isn't there.
    case readWrite
    case readOnly
  }

  package init(path: String, access: Access = .readWrite) throws(FileFault) {
    let flags = access == .readWrite ? O_RDWR | O_CREAT : O_RDONLY
    descriptor = Self.uninterrupted { open(path, flags | O_CLOEXEC, 0o600) }
    self.path = path
    guard descriptor >= 0 else { throw FileFault(call: "open", path: path, errno: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  package func size() throws(FileFault) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault("fstat") }
    return Int(status.st_size)
  }

  /// Up to `count` bytes; fewer at the end of the file.
  package func read(_ count: Int, at offset: Int) throws(FileFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let taken = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
      }
      if taken < 0 && errno == EINTR { continue }
      guard taken >= 0 else { throw fault("pread") }
      if taken == 0 { break }
      done += taken
    }
    return Array(bytes.prefix(done))
  }

  package func write(_ bytes: [UInt8], at offset: Int) throws(FileFault) {
    var done = 0
    while done < bytes.count {
      let given = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if given < 0 && errno == EINTR { continue }
      guard given > 0 else { throw fault("pwrite") }
      done += given
    }
  }

  /// Makes sure that the file's first `size` bytes can be written without asking for more space.
  package func reserve(_ size: Int) throws(FileFault) {
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, off_t(size)) } while code == EINTR
    guard code == 0 else { throw FileFault(call: "posix_fallocate", path: path, errno: code) }
  }

  package func truncate(to size: Int) throws(FileFault) {
    guard Self.uninterrupted({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw fault("ftruncate") }
  }

  /// Returns when what was written is on the disk.
  package func sync() throws(FileFault) {
    guard Self.uninterrupted({ fdatasync(descriptor) }) == 0 else { throw fault("fdatasync") }
  }

  /// Takes the file for this process alone; false if another one has it.
  package func lock() throws(FileFault) -> Bool {
    if Self.uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw fault("flock") }
    return false
  }

  /// After this a file that was made or renamed is found under its name even if the power fails.
  package static func syncFolder(of path: String) throws(FileFault) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = uninterrupted { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileFault(call: "open", path: folder, errno: errno) }
    defer { close(descriptor) }
    guard uninterrupted({ fsync(descriptor) }) == 0 else {
      throw FileFault(call: "fsync", path: folder, errno: errno)
    }
  }

  /// Signals may come while a slow disk is waited for.
  private static func uninterrupted(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private func fault(_ call: String) -> FileFault { FileFault(call: call, path: path, errno: errno) }
}
