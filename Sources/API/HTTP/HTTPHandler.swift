/// What stands behind an `HTTPServer`.
package protocol HTTPHandler: Sendable {
  /// Runs on Swift's pool; must not block it.
  func respond(to request: HTTPRequest) async -> HTTPResponse
  /// Decides on a WebSocket at once: it is called on the server's own thread.
  func upgrade(_ request: HTTPRequest) -> WebSocketDecision
}

package enum WebSocketDecision: Sendable {
  /// The task of the socket: cancelled when the peer has gone; when it returns, the socket is closed.
  case accept(@Sendable (WebSocket) async -> Void)
  case refuse(HTTPResponse)
}
