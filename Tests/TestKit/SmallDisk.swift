import Foundation
import Glibc

/// A file system of a few megabytes in a folder of its own, to be filled. Needs the right to mount.
package final class SmallDisk: Sendable {
  package struct Refused: Error {
    package let errno: Int32
  }

  private let place = TemporaryFolder()
  package var folder: URL { URL(fileURLWithPath: place.path) }
  private var filler: String { place.path + "/filler" }

  package static var isAvailable: Bool { (try? SmallDisk(megabytes: 1)) != nil }

  package init(megabytes: Int) throws(Refused) {
    guard mount("tmpfs", place.path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else {
      throw Refused(errno: errno)
    }
  }

  deinit { umount2(place.path, Int32(MNT_DETACH)) }

  /// Writes until not one byte more goes in.
  package func fill() throws(Refused) {
    let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard descriptor >= 0 else { throw Refused(errno: errno) }
    defer { close(descriptor) }
    let bytes = [UInt8](repeating: 0, count: 64 << 10)
    for size in [bytes.count, 4_096, 1] { while write(descriptor, bytes, size) > 0 {} }
    guard errno == ENOSPC else { throw Refused(errno: errno) }
  }

  package func free() { unlink(filler) }
}
