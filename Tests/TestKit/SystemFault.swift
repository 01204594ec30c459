import Glibc
import SystemFaults

/// A system call of this process that fails, with the error that the test names. One at a time: suites that use it are
/// `.serialized`, as the tests are run one after the other.
package struct SystemFault: Hashable, Sendable, CustomStringConvertible {
  package enum Call: UInt32, Sendable {
    case socket, bind, connect, send, sendto, sendmsg, recv, recvfrom
    case epollCreate, epollControl, epollWait, eventfd
    case open, read, write, pwrite, fsync, fdatasync, ftruncate, flock
  }

  package var call: Call
  package var error: Int32

  package init(_ call: Call, _ error: Int32) {
    self.call = call
    self.error = error
  }

  package var description: String { "\(call): \(String(cString: strerror(error)))" }

  /// - Parameters:
  ///   - count: calls that fail.
  ///   - passed: calls before them that don't.
  ///   - thread: the `pthread_t` that it hits; 0: any.
  package func arm(count: Int = 1, after passed: Int = 0, on thread: UInt = 0) {
    system_fault_arm(system_call(call.rawValue), error, passed, count, thread)
  }

  /// Calls that have failed so far.
  package static var hits: Int { system_fault_hits() }

  /// From now on nothing fails.
  /// - Returns: how many calls have.
  @discardableResult
  package static func disarm() -> Int { system_fault_disarm() }

  package static var ownThread: UInt { UInt(pthread_self()) }

  /// Descriptors that this process has open.
  package static var descriptors: Int {
    guard let folder = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // The two of the folder itself and the one by which it is read.
    return count - 3
  }
}
