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
    case .accept(let session):
      connection.state = .opening(session)
      return 0
    }
  }

  func open(_ connection: HTTPConnection) -> Int32 {
    guard case .opening(let session) = connection.state else { return -1 }
    let socket = WebSocket(id: connection.id, service: self, loop: loop)
    let task = Task {
      await session(socket)
      socket.close(code: 1000, reason: "")
    }
    connection.state = .open(.init(task: task))
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
      guard Self.write(Array(message.text.utf8), to: wsi, as: LWS_WRITE_TEXT) else {
        message.done(.closed)
        connection.state = .open(socket)
        return -1
      }
      socket.underway = message
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
    socket.underway?.done(.closed)
    for message in socket.queue { message.done(.closed) }
  }
}
