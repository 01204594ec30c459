import Locking

/// What the HTTP interface counts for `/metrics`.
package final class APICounters: Sendable {
  package struct Values: Hashable, Sendable {
    package var garbage: UInt64 = 0
    package var signIns: UInt64 = 0
    package var signInFailures: UInt64 = 0
    package var signInsRefused: UInt64 = 0
    package var wrongOrigins: UInt64 = 0
    package var expiredSessions: UInt64 = 0
    package var socketsRefused: UInt64 = 0
    package var socketsSlow: UInt64 = 0
    package var phoneMessages: UInt64 = 0
    package var phoneMessagesRefused: UInt64 = 0
    package var phonesFlooding: UInt64 = 0
  }

  private let state = Lock(Values())

  package init() {}

  package var values: Values { state.withLock { $0 } }

  func count(_ counter: any WritableKeyPath<Values, UInt64> & Sendable) {
    state.withLock { $0[keyPath: counter] += 1 }
  }

  /// - Parameters: what is open at present.
  func metrics(sessions: Int, sockets: Int, phones: Int, legs: Int) -> [Metric] {
    let values = values
    func counter(_ name: String, _ help: String, _ value: UInt64) -> Metric {
      Metric(name, .counter, help: help, value: Double(value))
    }
    func gauge(_ name: String, _ help: String, _ value: Int) -> Metric {
      Metric(name, .gauge, help: help, value: Double(value))
    }
    return [
      gauge("earshot_http_sessions", "Browsers that are signed in at present.", sessions),
      gauge("earshot_http_websockets", "WebSockets at present.", sockets),
      gauge("earshot_browser_phones", "Agents' pages with a softphone at present.", phones),
      gauge("earshot_browser_legs", "Call legs of agents' pages at present.", legs),
      counter(
        "earshot_http_garbage_total", "Connections that brought no request, and requests that can't be read.",
        values.garbage),
      counter("earshot_http_sign_ins_total", "Sign-ins.", values.signIns),
      counter("earshot_http_sign_in_failures_total", "Wrong names or passwords.", values.signInFailures),
      counter(
        "earshot_http_sign_ins_refused_total", "Sign-ins refused after too many.", values.signInsRefused),
      counter(
        "earshot_http_wrong_origins_total", "Requests of other sites' pages, refused.", values.wrongOrigins),
      counter(
        "earshot_http_expired_sessions_total", "Requests with a session that has ended.",
        values.expiredSessions),
      counter(
        "earshot_http_websockets_refused_total", "WebSockets refused for their number.", values.socketsRefused
      ),
      counter(
        "earshot_http_websockets_slow_total", "WebSockets closed because nobody read them.",
        values.socketsSlow),
      counter("earshot_phone_messages_total", "Messages of agents' pages.", values.phoneMessages),
      counter(
        "earshot_phone_messages_refused_total", "Messages that were refused.", values.phoneMessagesRefused),
      counter("earshot_phone_floods_total", "Pages closed for sending too much.", values.phonesFlooding),
    ]
  }
}
