import CWebSockets
import Foundation
import Glibc

/// Requests and answers.
///
/// While a request is answered the connection is not read: libwebsockets 4.1 would take what a client pipelines for more
/// of the present request, and spins on it. But it doesn't announce writability of a connection that isn't read, so an
/// answer is written by a timer that looks whether the socket takes more.
extension HTTPService {
  /// Fits into the room that a send buffer of `sendBuffer` has when the kernel calls it writable (a third), so that
  /// libwebsockets never has a rest to keep; and into one record of TLS.
  private static let chunk = 16 * 1024
  private static let sendBuffer: Int32 = 128 * 1024
  /// Milliseconds between two looks at a socket that takes no more.
  private static let poll = 10

  func sizeSendBuffer(of wsi: OpaquePointer) {
    var size = Self.sendBuffer
    setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  func begin(_ connection: HTTPConnection) -> Int32 {
    nextExchange(connection)
    let reader = LWSRequest(wsi: connection.wsi)
    switch reader.intake(limits: limits) {
    case .whole(let request):
      connection.expectsBody = false
      dispatch(request, on: connection)
    case .body(let request):
      connection.expectsBody = true
      connection.state = .receiving(request)
      // libwebsockets starts its own clock anew with each piece; this one is for the whole body.
      connection.startTimer(milliseconds: limits.receive * 3000)
      if reader.expectsContinue { return sendContinue(connection) }
    case .refused(let response, let bodyFollows):
      handler.noteGarbage()
      connection.expectsBody = bodyFollows
      if !bodyFollows { lws_rx_flow_control(connection.wsi, 0) }
      answer(response, on: connection, isHead: false, closes: true)
    }
    return 0
  }

  func receive(_ bytes: UnsafeRawBufferPointer, on connection: HTTPConnection) -> Int32 {
    if case .receiving(var request) = connection.state {
      connection.state = .idle  // lets the body grow in place
      request.body.append(contentsOf: bytes)
      connection.state = .receiving(request)
      return request.body.count <= limits.body ? 0 : -1
    }
    connection.drained += bytes.count
    return connection.drained <= limits.drain ? 0 : -1
  }

  func bodyIsComplete(_ connection: HTTPConnection) -> Int32 {
    connection.expectsBody = false
    connection.completions += 1
    // With more of the same connection in its buffer, libwebsockets 4.1 calls this for ever. RFC 9112 section 9.3.2
    // tells clients not to send anything behind a POST before its answer.
    guard connection.completions == 1 else { return -1 }
    switch connection.state {
    case .receiving(let request):
      dispatch(request, on: connection)
      return 0
    case .draining: return -1
    default: return 0
    }
  }

  private func dispatch(_ request: HTTPRequest, on connection: HTTPConnection) {
    lws_set_timeout(connection.wsi, NO_PENDING_TIMEOUT, 0)
    lws_rx_flow_control(connection.wsi, 0)
    guard !isStopping else {
      return answer(Problem.stopping.response, on: connection, isHead: request.method == .head, closes: true)
    }
    connection.state = .handling(request.method)
    let id = connection.id
    let handler = handler
    let loop: LWSLoop = loop
    Task {
      let response = await handler.respond(to: request)
      loop.post { self.finish(id, with: response) }
    }
  }

  private func finish(_ id: HTTPConnection.ID, with response: HTTPResponse) {
    guard let connection = connection(id), case .handling(let method) = connection.state else { return }
    answer(response, on: connection, isHead: method == .head, closes: isStopping)
  }

  private func answer(_ response: HTTPResponse, on connection: HTTPConnection, isHead: Bool, closes: Bool) {
    lws_set_timeout(connection.wsi, NO_PENDING_TIMEOUT, 0)
    connection.state = .answering(.init(response: response, isHead: isHead, closes: closes))
    connection.startTimer(milliseconds: 0)
  }

  // MARK: Writing

  func timer(_ connection: HTTPConnection) -> Int32 {
    switch connection.state {
    case .answering(let answer): write(answer, on: connection)
    case .receiving, .draining, .closing: -1
    case .idle, .handling, .opening, .open: 0
    }
  }

  private func write(_ answer: HTTPConnection.Answer, on connection: HTTPConnection) -> Int32 {
    var answer = answer
    let wsi = connection.wsi
    while lws_send_pipe_choked(wsi) == 0 {
      answer.stalled = 0
      if !answer.isHeadSent {
        guard writeHead(answer, to: wsi) else { return -1 }
        answer.isHeadSent = true
      } else {
        let piece = answer.response.body.dropFirst(answer.sent).prefix(Self.chunk)
        answer.sent += piece.count
        let kind = answer.sent == answer.response.body.count ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP
        guard Self.write(piece, to: wsi, as: kind) else { return -1 }
      }
      if answer.isHead || answer.sent == answer.response.body.count {
        return end(connection, closes: answer.closes)
      }
    }
    answer.stalled += Self.poll
    guard answer.stalled < limits.send * 1000 else { return -1 }
    connection.state = .answering(answer)
    connection.startTimer(milliseconds: Self.poll)
    return 0
  }

  private func end(_ connection: HTTPConnection, closes: Bool) -> Int32 {
    defer { finishIfQuiet() }
    guard closes else {
      connection.state = .idle
      lws_rx_flow_control(connection.wsi, 1)
      return lws_http_transaction_completed(connection.wsi) == 0 ? 0 : -1
    }
    guard connection.expectsBody else {
      connection.state = .closing
      return -1
    }
    // To close with unread bytes in the socket would reset it, and the answer might never be seen.
    connection.state = .draining
    connection.startTimer(milliseconds: limits.receive * 1000)
    return 0
  }

  private func writeHead(_ answer: HTTPConnection.Answer, to wsi: OpaquePointer) -> Bool {
    let response = answer.response
    let room = 512 + response.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 }
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: cws_prefix + room)
    defer { buffer.deallocate() }
    let start = buffer + cws_prefix
    var position: UnsafeMutablePointer<UInt8>? = start
    let end = start + room
    var failed = lws_add_http_header_status(wsi, UInt32(response.status), &position, end) != 0
    var headers = response.headers
    if answer.closes { headers.append(.init("connection", "close")) }
    for header in headers {
      let value = Array(header.value.utf8)
      failed =
        failed
        || lws_add_http_header_by_name(wsi, header.name + ":", value, Int32(value.count), &position, end) != 0
    }
    if !response.isBodiless {
      failed =
        failed
        || lws_add_http_header_content_length(wsi, lws_filepos_t(response.body.count), &position, end) != 0
    }
    return !failed && lws_finalize_write_http_header(wsi, start, &position, end) == 0
  }

  private func sendContinue(_ connection: HTTPConnection) -> Int32 {
    let line = Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    return Self.write(line, to: connection.wsi, as: LWS_WRITE_HTTP_HEADERS) ? 0 : -1
  }

  /// libwebsockets takes all of it, and keeps what the kernel doesn't take yet.
  static func write(_ data: some Collection<UInt8>, to wsi: OpaquePointer, as kind: lws_write_protocol)
    -> Bool
  {
    let prefix = cws_prefix
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: prefix + data.count)
    defer { buffer.deallocate() }
    let payload = UnsafeMutableBufferPointer(rebasing: buffer[prefix...])
    _ = payload.initialize(from: data)
    return lws_write(wsi, payload.baseAddress, data.count, kind) >= 0
  }

  /// Answers an upgrade that is refused, in one go: libwebsockets leaves no second chance.
  func refuseUpgrade(_ response: HTTPResponse, on connection: HTTPConnection) -> Int32 {
    let answer = HTTPConnection.Answer(response: response, isHead: false, closes: true)
    guard writeHead(answer, to: connection.wsi) else { return -1 }
    _ = Self.write(response.body, to: connection.wsi, as: LWS_WRITE_HTTP_FINAL)
    connection.state = .closing
    return -1
  }
}
