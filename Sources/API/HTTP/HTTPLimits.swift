/// What a client may cost the server.
package struct HTTPLimits: Hashable, Sendable {
  /// Bytes of a request's body; more is answered 413.
  package var body = 64 * 1024
  /// Bytes of a request's line and headers together; more ends the connection.
  package var headers = 8 * 1024
  /// Connections at once; more wait in the kernel's queue.
  package var connections = 2048
  /// Seconds in which a client must have sent its headers, or the next piece of its body.
  package var receive = 10
  /// Seconds in which a client must have taken the next piece of an answer, or a whole WebSocket message.
  package var send = 30
  /// Seconds that a connection may idle between two requests.
  package var idle = 60
  /// Messages that may wait for a slow WebSocket client; the next is refused to its sender.
  package var webSocketQueue = 8
  /// Bytes of a body that is too large which are still read, so that the client gets to see the answer.
  package var drain = 1024 * 1024
  /// Milliseconds in which requests under way and open WebSockets may finish when the server stops.
  package var stop = 1_000

  package init() {}
}
