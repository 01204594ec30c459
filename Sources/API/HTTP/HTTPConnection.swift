import CWebSockets
import Foundation

/// One connection of the server and where it stands. Lives on the loop's thread.
final class HTTPConnection {
  /// The address of libwebsockets' struct may be used again, so the number of the exchange goes with it.
  struct ID: Hashable, Sendable {
    var address: UInt
    var exchange: UInt64
  }

  enum State {
    /// Between two requests.
    case idle
    /// The body is arriving.
    case receiving(HTTPRequest)
    /// The handler is at work.
    case handling(HTTPMethod)
    case answering(Answer)
    /// Answered, but the peer is still sending a body that nobody wants.
    case draining
    /// An upgrade was accepted.
    case opening(hears: Int?, @Sendable (WebSocket) async -> Void)
    case open(OpenSocket)
    /// Closes at the next chance.
    case closing
  }

  struct Answer {
    var response: HTTPResponse
    /// Whether the body is left out (HEAD).
    var isHead: Bool
    /// Whether the connection ends with this answer.
    var closes: Bool
    var isHeadSent = false
    /// Bytes of the body that are sent.
    var sent = 0
    /// How long the peer has taken nothing, ms.
    var stalled = 0
  }

  struct OpenSocket {
    var task: Task<Void, Never>?
    var queue: [WebSocketMessage] = []
    /// The message that is with libwebsockets.
    var underway: WebSocketMessage?
    /// Since when.
    var begun = ContinuousClock.now
    var close: (code: UInt16, reason: String)?
    /// nil where what the peer sends is dropped.
    var intake: WebSocketIntake?
  }

  let wsi: OpaquePointer
  var exchange: UInt64 = 0
  var state = State.idle
  /// Whether body bytes of the present request are still to come.
  var expectsBody = false
  /// How often libwebsockets has called the present body complete.
  var completions = 0
  /// Bytes of a body that were dropped.
  var drained = 0

  init(wsi: OpaquePointer) { self.wsi = wsi }

  /// Replaces the timer that runs, if any. (To cancel one isn't possible in libwebsockets 4.1: LWS_SET_TIMER_USEC_CANCEL
  /// fires at once. So whoever gets the timer's call looks at the state.)
  func startTimer(milliseconds: Int) { lws_set_timer_usecs(wsi, lws_usec_t(milliseconds) * 1000) }

  var id: ID { ID(address: UInt(bitPattern: wsi), exchange: exchange) }

  /// Whether something is under way that a stop should wait for.
  var isBusy: Bool {
    switch state {
    case .idle, .draining, .closing: false
    case .receiving, .handling, .answering, .opening, .open: true
    }
  }
}
