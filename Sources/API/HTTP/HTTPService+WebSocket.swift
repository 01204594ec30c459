import CWebSockets
import Foundation

/// WebSockets: one message under way, a short queue behind it.
extension HTTPService {
  func confirmUpgrade(_ connection: HTTPConnection) -> Int32 {
    nextExchange(connection)
    let reader = LWSRequest(wsi: connection.wsi)
    if let fault = reader.upgradeFault { return refuseUpgrade(fault, on: connection) }
    guard let request = reader.head(), request.method == .get else {
      return refuseUpgrade(Problem.badRequest("A WebSocket begins with GET.").response, on: connection)
    }
    if isStopping { return refuseUpgrade(Problem.stopping.response, on: connection) }
    switch handler.upgrade(request) {
    case .refuse(let response): return refuseUpgrade(response, on: connection)
    case .accept(let hears, let session):
      connection.state = .opening(hears: hears, session)
      return 0
    }
  }

  func open(_ connection: HTTPConnection) -> Int32 {
    guard case .opening(let hears, let session) = connection.state else { return -1 }
    let intake = hears.map { WebSocketIntake(limit: $0) }
    let socket = WebSocket(
      id: connection.id, service: self, loop: loop,
      messages: intake?.messages ?? AsyncStream { $0.finish() })
    let task = Task {
      await session(socket)
      socket.close(code: 1000, reason: "")
    }
    connection.state = .open(.init(task: task, intake: intake))
    return 0
  }

  /// A piece of what the peer sends.
  func hear(_ bytes: UnsafeRawBufferPointer, on connection: HTTPConnection) -> Int32 {
    guard case .open(var socket) = connection.state, socket.close == nil, var intake = socket.intake else {
      return 0
    }
    let wsi = connection.wsi
    socket.intake = nil  // lets the message grow in place
    connection.state = .open(socket)
    let fault = intake.take(
      bytes, isBinary: lws_frame_is_binary(wsi) != 0,
      isLast: lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0)
    socket.intake = intake
    connection.state = .open(socket)
    if let fault { close(connection, code: fault.code, reason: fault.reason) }
    return 0
  }

  func enqueue(_ message: WebSocketMessage, on id: HTTPConnection.ID) {
    guard let connection = connection(id), case .open(var socket) = connection.state, socket.close == nil
    else {
      return message.done(.closed)
    }
    guard socket.queue.count < limits.webSocketQueue else { return message.done(.backlog) }
    socket.queue.append(message)
    connection.state = .open(socket)
    lws_callback_on_writable(connection.wsi)
  }

  func close(_ id: HTTPConnection.ID, code: UInt16, reason: String) {
    if let connection = connection(id) { close(connection, code: code, reason: reason) }
  }

  func close(_ connection: HTTPConnection, code: UInt16, reason: String) {
    guard case .open(var socket) = connection.state, socket.close == nil else { return }
    socket.close = (code, reason)
    connection.state = .open(socket)
    lws_callback_on_writable(connection.wsi)
  }

  /// Called when the kernel has taken everything so far.
  func writeMessage(_ connection: HTTPConnection) -> Int32 {
    guard case .open(var socket) = connection.state else { return -1 }
    let wsi = connection.wsi
    socket.underway?.done(nil)
    socket.underway = nil
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
    if !socket.queue.isEmpty {
      let message = socket.queue.removeFirst()
      guard Self.write(message.text.utf8, to: wsi, as: LWS_WRITE_TEXT) else {
        message.done(.closed)
        connection.state = .open(socket)
        return -1
      }
      socket.underway = message
      socket.begun = .now
      lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, Int32(limits.send))
      lws_callback_on_writable(wsi)
    } else if let close = socket.close {
      var reason = Array(close.reason.utf8.prefix(120))
      lws_close_reason(wsi, lws_close_status(UInt32(close.code)), &reason, reason.count)
      abandon(socket)
      connection.state = .closing
      finishIfQuiet()
      return -1
    }
    connection.state = .open(socket)
    return 0
  }

  /// The peer has gone, or is being left: whoever waits is told.
  func abandon(_ socket: HTTPConnection.OpenSocket) {
    socket.task?.cancel()
    socket.intake?.finish()
    let isStalled = socket.begun.duration(to: .now) >= .seconds(limits.send)
    socket.underway?.done(isStalled ? .stalled : .closed)
    for message in socket.queue { message.done(.closed) }
  }
}
