import Glibc

/// A system call that failed.
struct SystemFailure: Error, Hashable, CustomStringConvertible {
  let call: String
  let code: Int32

  var description: String { "\(call): \(String(cString: strerror(code))) (errno \(code))" }
}

/// Every system call outside the packet path goes through here: interrupted calls are repeated, failures carry
/// the name of the call.
enum SystemCall {
  @discardableResult
  static func check(_ call: String, _ body: () -> Int32) throws(SystemFailure) -> Int32 {
    while true {
      let result = body()
      if result >= 0 { return result }
      guard errno == EINTR else { throw SystemFailure(call: call, code: errno) }
    }
  }

  /// Raises the soft limit of open descriptors to the hard one: each leg takes two.
  /// - Returns: the limit now in force.
  @discardableResult
  static func raiseDescriptorLimit() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 0 }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      setrlimit(resource, &limit)
      getrlimit(resource, &limit)
    }
    return Int(clamping: limit.rlim_cur)
  }
}
