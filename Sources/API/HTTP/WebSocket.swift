/// One open WebSocket of the server.
package struct WebSocket: Sendable {
  let id: HTTPConnection.ID
  let service: HTTPService
  let loop: LWSLoop
  /// What the peer sends, for one reader; ends with the connection. Empty where nobody wanted to hear him.
  package let messages: AsyncStream<String>

  /// Returns once the whole message is with the kernel, so that whoever awaits it goes at the pace of the peer.
  package func send(_ text: String) async throws(WebSocketFault) {
    let outcome: WebSocketFault? = await withCheckedContinuation { continuation in
      let waiting = WebSocketMessage(text: text) { continuation.resume(returning: $0) }
      if !loop.post({ service.enqueue(waiting, on: id) }) { waiting.done(.closed) }
    }
    if let outcome { throw outcome }
  }

  /// RFC 6455 section 7.4: `code` 1000…1011, or 4000…4999 for reasons of our own.
  package func close(code: UInt16, reason: String) {
    loop.post { service.close(id, code: code, reason: reason) }
  }
}

/// Why a message was not sent.
package enum WebSocketFault: Error, Hashable, Sendable {
  case closed
  /// More messages wait than a client may have in store.
  case backlog
  /// The peer has taken nothing for `HTTPLimits.send` seconds.
  case stalled
}

struct WebSocketMessage: Sendable {
  var text: String
  /// Called exactly once.
  var done: @Sendable (WebSocketFault?) -> Void
}
