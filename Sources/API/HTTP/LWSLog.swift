import CWebSockets
import Locking

/// Where libwebsockets' own lines go. It keeps one log for the whole process, so the closure set last gets all of them.
/// Strangers can provoke lines, so only so many pass in a second.
enum LWSLog {
  private struct State {
    var log: (@Sendable (String) -> Void)?
    var second = ContinuousClock.now
    var lines = 0
  }

  private static let linesPerSecond = 10
  private static let state = Lock(State())

  static func route(to log: @escaping @Sendable (String) -> Void) {
    state.withLock { $0.log = log }
    lws_set_log_level(Int32(LLL_ERR | LLL_WARN)) { _, line in
      if let line { LWSLog.pass(String(cString: line)) }
    }
  }

  private static func pass(_ line: String) {
    let (log, dropped) = state.withLock { state -> ((@Sendable (String) -> Void)?, Int) in
      var dropped = 0
      if state.second.duration(to: .now) > .seconds(1) {
        dropped = max(0, state.lines - linesPerSecond)
        (state.second, state.lines) = (.now, 0)
      }
      state.lines += 1
      return (state.lines <= linesPerSecond ? state.log : nil, dropped)
    }
    if dropped > 0 { log?("\(dropped) more lines of libwebsockets were left out.") }
    log?(String(line.reversed().drop(while: \.isNewline).reversed()))
  }
}
