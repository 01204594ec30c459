import Foundation

/// Puts together what a WebSocket's peer sends, message by message. Lives on the loop's thread.
struct WebSocketIntake {
  struct Fault: Hashable, Sendable {
    /// RFC 6455 section 7.4.1.
    var code: UInt16
    var reason: String
  }

  /// Messages that may wait for whoever reads them.
  private static let capacity = 32

  let messages: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation
  private let limit: Int
  private var message = Data()

  /// - Parameter limit: bytes of one message.
  init(limit: Int) {
    self.limit = limit
    (messages, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
  }

  /// - Returns: why the socket must be closed.
  mutating func take(_ bytes: UnsafeRawBufferPointer, isBinary: Bool, isLast: Bool) -> Fault? {
    if isBinary { return Fault(code: 1003, reason: "Only text is taken.") }
    guard message.count + bytes.count <= limit else {
      return Fault(code: 1009, reason: "A message may have \(limit) bytes.")
    }
    message.append(contentsOf: bytes)
    guard isLast else { return nil }
    defer { message.removeAll(keepingCapacity: false) }
    guard let text = String(validating: message, as: UTF8.self) else {
      return Fault(code: 1007, reason: "The text isn't UTF-8.")
    }
    if case .dropped = continuation.yield(text) {
      return Fault(code: 1008, reason: "Too many messages at once.")
    }
    return nil
  }

  /// Nothing comes any more.
  func finish() { continuation.finish() }
}
