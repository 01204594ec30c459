import Glibc
import Supervision

/// A system call on a file failed.
package struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
  package var call: String
  package var path: String
  package var errno: Int32

  package var description: String { "\(path): \(call) failed: \(String(cString: strerror(errno)))" }

  package var remedy: String {
    switch errno {
    case ENOENT: "see that its folder exists"
    case EACCES, EPERM, EROFS: "let the user who runs Earshot write there"
    case ENOSPC, EDQUOT: "free space on its file system"
    default: "check the disk"
    }
  }

  package var auditFault: AuditFault { AuditFault("\(description); \(remedy)") }
}
