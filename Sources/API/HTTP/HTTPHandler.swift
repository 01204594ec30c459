/// What stands behind an `HTTPServer`.
package protocol HTTPHandler: Sendable {
  /// Runs on Swift's pool; must not block it.
  func respond(to request: HTTPRequest) async -> HTTPResponse
  /// Decides on a WebSocket at once: it is called on the server's own thread.
  func upgrade(_ request: HTTPRequest) -> WebSocketDecision
  /// A connection ended before it brought a request, or with one that can't be read. Told on the server's own thread.
  func noteGarbage()
}

extension HTTPHandler {
  package func noteGarbage() {}
}

package enum WebSocketDecision: Sendable {
  /// The task of the socket: cancelled when the peer has gone; when it returns, the socket is closed.
  ///
  /// - Parameter hears: the most bytes of a message that the peer may send; nil where nothing that he sends is looked at.
  case accept(hears: Int? = nil, @Sendable (WebSocket) async -> Void)
  case refuse(HTTPResponse)
}
