import Foundation
import Locking
import Supervision

/// What waits to be sent to one agent's page: messages in their order, and of his view only the newest.
final class PhoneLine: Sendable {
  private struct State {
    var queue: [PhoneMessage] = []
    var view: AgentView?
    var close: (code: UInt16, reason: String)?
  }

  /// Messages that may wait for a slow page.
  private static let capacity = 64

  /// IP address of the page.
  let address: String
  private let state = Lock(State())
  private let news: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  init(address: String) {
    self.address = address
    (news, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func send(_ message: PhoneMessage) {
    state.withLock { state in
      guard state.close == nil else { return }
      state.queue.append(message)
      if state.queue.count > Self.capacity {
        state.queue = []
        state.close = (1008, "Too slow.")
      }
    }
    signal.yield()
  }

  func show(_ view: AgentView) {
    state.withLock { $0.view = view }
    signal.yield()
  }

  /// What was sent before still goes out. The first reason counts.
  func close(code: UInt16, reason: String) {
    state.withLock { if $0.close == nil { $0.close = (code, reason) } }
    signal.yield()
  }

  /// Sends at the pace of the page until it is closed or cancelled.
  func run(over socket: WebSocket, now: @Sendable () -> Moment, counters: APICounters) async {
    for await _ in news {
      while let message = next(now) {
        do throws(WebSocketFault) {
          try await socket.send(String(decoding: JSONDocument.encode(message), as: UTF8.self))
        } catch {
          if error != .closed { counters.count(\.socketsSlow) }
          return socket.close(code: 1008, reason: "Too slow.")
        }
      }
      if let close = state.withLock({ $0.close }) {
        return socket.close(code: close.code, reason: close.reason)
      }
    }
  }

  private func next(_ now: @Sendable () -> Moment) -> PhoneMessage? {
    state.withLock { state in
      if !state.queue.isEmpty { return state.queue.removeFirst() }
      guard state.close == nil, let view = state.view else { return nil }
      state.view = nil
      var message = PhoneMessage(.view)
      message.view = AgentViewDocument(view)
      message.serverTime = Timestamp.text(now().wall)
      return message
    }
  }
}
