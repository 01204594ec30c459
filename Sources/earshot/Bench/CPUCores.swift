import CLinux
import Glibc

/// Which cores a process may use (sched_setaffinity).
enum CPUCores {
  /// The cores that this process was given.
  static var allowed: [Int] {
    var set = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return [0] }
    return withUnsafeBytes(of: &set) { bytes in
      (0..<bytes.count * 8).filter { bytes[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
    }
  }

  /// Pins the calling thread; what it starts is pinned with it.
  static func pinThread(to core: Int) { pin(0, to: core) }

  /// Pins every thread that this process has; later ones are pinned by those that start them.
  static func pinProcess(to core: Int) {
    guard let folder = opendir("/proc/self/task") else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let thread = pid_t(name) { pin(thread, to: core) }
    }
  }

  private static func pin(_ thread: pid_t, to core: Int) {
    var set = cpu_set_t()
    withUnsafeMutableBytes(of: &set) { $0[core / 8] |= 1 << UInt8(core % 8) }
    sched_setaffinity(thread, MemoryLayout<cpu_set_t>.size, &set)
  }
}

/// CPU time of a process, from /proc/PID/stat: user and system together.
struct ProcessUsage {
  let seconds: Double

  init?(of process: pid_t) {
    guard let file = fopen("/proc/\(process)/stat", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 2_048)
    guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The name in parentheses may hold spaces: fields are counted after it. The first of them is the third.
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return nil
    }
    seconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
