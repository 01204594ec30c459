import Foundation
import Glibc

/// What this process has taken of the machine.
package enum ProcessSize {
  /// Bytes of memory that are really there.
  package static func resident() throws -> Int {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard pages.count > 1, let count = Int(pages[1]) else { throw POSIXError(.EIO) }
    return count * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
