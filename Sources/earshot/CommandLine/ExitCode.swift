/// What the shell is told. The higher ones are those of sysexits.h.
enum ExitCode: Int32, CaseIterable {
  case ok = 0
  /// It was tried and did not work, or what was looked for is wrong (`audit verify`).
  case failed = 1
  /// The server understood and said no: no right, no such call, a busy phone.
  case refused = 2
  /// EX_USAGE: the command line is wrong.
  case usage = 64
  /// EX_UNAVAILABLE: the server can't be reached.
  case unavailable = 69
  /// EX_CONFIG: the configuration is wrong.
  case configuration = 78

  var meaning: String {
    switch self {
    case .ok: "done"
    case .failed: "failed, or what was checked is wrong"
    case .refused: "the server refused it"
    case .usage: "the command line is wrong"
    case .unavailable: "the server can't be reached"
    case .configuration: "the configuration is wrong"
    }
  }
}
