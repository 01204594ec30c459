import CWebSockets
import Foundation

/// A client of `/v1/events` on a libwebsockets context of its own.
final class EventStream: LWSHandler, @unchecked Sendable {
  // Sendable: all that changes is touched by the loop's thread alone; `loop` is written before that starts.

  private let target: Target
  private let token: String
  private let continuation: AsyncThrowingStream<EventDocument, any Error>.Continuation
  private unowned var loop: LWSLoop!
  private var message = Data()

  private struct Target {
    var server: URL
    var host: String
    var port: Int
    var path: String
    var isSecure: Bool

    init?(server: URL, since: String?) {
      guard let host = server.host else { return nil }
      self.server = server
      self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
      isSecure = server.scheme == "https"
      port = server.port ?? (isSecure ? 443 : 80)
      path = "/v1/events" + (since.map { "?since=" + $0 } ?? "")
    }
  }

  static func open(
    server: URL, token: String, since: String?
  ) -> AsyncThrowingStream<EventDocument, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: EventDocument.self)
    guard let target = Target(server: server, since: since) else {
      continuation.finish(
        throwing: APIClientError.unexpected(server: server.absoluteString, what: "the address names no host"))
      return stream
    }
    // It greets on standard error unless told not to; a server in the same process has told it already.
    if lwsl_visible(Int32(LLL_NOTICE)) != 0 { lws_set_log_level(0, nil) }
    let events = EventStream(target: target, token: token, continuation: continuation)
    let made = LWSLoop(handler: events, protocols: [Authentication.subprotocol]) { info, memory in
      info.port = CONTEXT_PORT_NO_LISTEN
      info.fd_limit_per_thread = 16
      if target.isSecure { info.options = UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT) }
      var policy = lws_retry_bo()
      policy.secs_since_valid_ping = 30
      policy.secs_since_valid_hangup = 45
      info.retry_and_idle_policy = memory.array([policy])
    }
    guard let loop = made else {
      continuation.finish(
        throwing: APIClientError.unreachable(server: server.absoluteString, why: "no libwebsockets context"))
      return stream
    }
    events.loop = loop
    continuation.onTermination = { _ in loop.finish() }
    loop.start(named: "earshot-events") { events.connect($0) }
    return stream
  }

  private init(
    target: Target, token: String, continuation: AsyncThrowingStream<EventDocument, any Error>.Continuation
  ) {
    self.target = target
    self.token = token
    self.continuation = continuation
  }

  private func connect(_ context: OpaquePointer) {
    let memory = CMemory()
    var info = lws_client_connect_info()
    info.context = context
    info.address = memory.string(target.host)
    info.host = memory.string("\(target.host):\(target.port)")
    info.port = Int32(target.port)
    info.path = memory.string(target.path)
    info.protocol = memory.string(Authentication.subprotocol)
    info.local_protocol_name = info.protocol
    if target.isSecure { info.ssl_connection = Int32(bitPattern: LCCSCF_USE_SSL.rawValue) }
    // Where it fails at once, libwebsockets has told `handle` before it returns nil.
    withExtendedLifetime(memory) { _ = lws_client_connect_via_info(&info) }
  }

  func handle(
    _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return appendHeader(wsi, to: bytes, room: count) ? 0 : -1
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let why = bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
      fail(status: lws_http_client_http_response(wsi), why: why ?? "no connection")
    case LWS_CALLBACK_CLIENT_RECEIVE:
      message.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
      if lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0 { return deliver() }
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      let reason = UnsafeRawBufferPointer(start: bytes, count: count).dropFirst(2)
      fail(status: 0, why: reason.isEmpty ? "the server closed" : String(decoding: reason, as: UTF8.self))
    case LWS_CALLBACK_CLIENT_CLOSED:
      fail(status: 0, why: "the connection broke")
    default: break
    }
    return 0
  }

  private func deliver() -> Int32 {
    struct Mark: Decodable { var type: String }
    defer { message.removeAll(keepingCapacity: true) }
    // Levels, and what a newer server may tell beside the calls, are for others.
    if let mark = try? JSONDocument.decode(Mark.self, from: message),
      EventDocument.Kind(rawValue: mark.type) == nil
    {
      return 0
    }
    guard let document = try? JSONDocument.decode(EventDocument.self, from: message) else {
      continuation.finish(
        throwing: APIClientError.unexpected(server: target.server.absoluteString, what: "not an event"))
      return -1
    }
    continuation.yield(document)
    return 0
  }

  /// The first reason counts; later ones find the stream finished.
  private func fail(status: UInt32, why: String) {
    let server = target.server.absoluteString
    if status == 401 {
      let problem = Problem.unauthenticated("This token is unknown or no longer valid.", isTokenWrong: true)
      continuation.finish(throwing: APIClientError.problem(problem.document))
    } else {
      continuation.finish(throwing: APIClientError.unreachable(server: server, why: why))
    }
  }

  /// `bytes` points to the write position, which moves on.
  private func appendHeader(_ wsi: OpaquePointer, to bytes: UnsafeMutableRawPointer?, room: Int) -> Bool {
    guard let bytes else { return false }
    let position = bytes.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
    guard let start = position.pointee else { return false }
    let value = Array("Bearer \(token)".utf8)
    return lws_add_http_header_by_token(
      wsi, WSI_TOKEN_HTTP_AUTHORIZATION, value, Int32(value.count), position, start + room) == 0
  }
}
