import CWebSockets
import Foundation

/// The server behind its thread: the connections and what libwebsockets says of them.
final class HTTPService: LWSHandler, @unchecked Sendable {
  // Sendable: `loop` is written once before the thread starts; everything else that changes is touched by that thread
  // alone, others come in by `loop.post`.

  let limits: HTTPLimits
  let handler: any HTTPHandler
  /// Owns this service, and lives at least as long as its thread; others must hold it by themselves.
  private(set) unowned var loop: LWSLoop!

  var connections: [UInt: HTTPConnection] = [:]
  /// Of which nothing that could be read has come yet.
  private var mute: Set<UInt> = []
  private var lastExchange: UInt64 = 0
  private(set) var isStopping = false

  init(handler: any HTTPHandler, limits: HTTPLimits) {
    self.handler = handler
    self.limits = limits
  }

  func attach(to loop: LWSLoop) { self.loop = loop }

  func handle(
    _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_HTTP: return begin(connection(wsi))
    case LWS_CALLBACK_HTTP_BODY:
      return receive(UnsafeRawBufferPointer(start: bytes, count: count), on: connection(wsi))
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return bodyIsComplete(connection(wsi))
    case LWS_CALLBACK_TIMER: return timer(connection(wsi))
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      mute.insert(UInt(bitPattern: wsi))
      sizeSendBuffer(of: wsi)
      return 0
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirmUpgrade(connection(wsi))
    case LWS_CALLBACK_ESTABLISHED: return open(connection(wsi))
    case LWS_CALLBACK_RECEIVE:
      return hear(UnsafeRawBufferPointer(start: bytes, count: count), on: connection(wsi))
    case LWS_CALLBACK_SERVER_WRITEABLE: return writeMessage(connection(wsi))
    case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLOSED_HTTP, LWS_CALLBACK_WSI_DESTROY:
      forget(wsi)
      return 0
    // CONNECT would turn the connection into a raw one.
    case LWS_CALLBACK_RAW_ADOPT, LWS_CALLBACK_RAW_RX: return -1
    default: return 0
    }
  }

  /// The connection of an id, if it is still there and at the same exchange.
  func connection(_ id: HTTPConnection.ID) -> HTTPConnection? {
    guard let connection = connections[id.address], connection.exchange == id.exchange else { return nil }
    return connection
  }

  /// Gives the connection a new number, so that late answers to an earlier exchange miss it.
  func nextExchange(_ connection: HTTPConnection) {
    lastExchange += 1
    connection.exchange = lastExchange
    connection.drained = 0
    connection.completions = 0
  }

  private func connection(_ wsi: OpaquePointer) -> HTTPConnection {
    let key = UInt(bitPattern: wsi)
    if let known = connections[key] { return known }
    mute.remove(key)
    let connection = HTTPConnection(wsi: wsi)
    connections[key] = connection
    return connection
  }

  private func forget(_ wsi: OpaquePointer) {
    if mute.remove(UInt(bitPattern: wsi)) != nil { handler.noteGarbage() }
    guard let connection = connections.removeValue(forKey: UInt(bitPattern: wsi)) else { return }
    if case .open(let socket) = connection.state { abandon(socket) }
    finishIfQuiet()
  }

  // MARK: Stop

  /// No new work; what is under way may end.
  func beginStop() {
    isStopping = true
    for connection in connections.values {
      if case .open = connection.state { close(connection, code: 1001, reason: "Earshot is stopping.") }
    }
    finishIfQuiet()
  }

  func finishIfQuiet() {
    if isStopping && !connections.values.contains(where: \.isBusy) { loop.finish() }
  }
}
