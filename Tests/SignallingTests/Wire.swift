import Locking

@testable import Signalling

/// A SIP stack under test and everything that it has reported, to wait on. Never sleeps: a wait ends with the event.
final class Wire: Sendable {
  let stack: SIPStack

  private struct Log {
    var events: [SIPEvent] = []
    var waiting: [(test: @Sendable (SIPEvent) -> Bool, continuation: CheckedContinuation<SIPEvent, Never>)] =
      []
  }

  private let log = Lock(Log())
  private let react = Lock<(@Sendable (isolated SIPStack, SIPEvent) -> Void)?>(nil)

  init(_ settings: SIPStackSettings = SIPStackSettings()) { stack = SIPStack(settings) }

  func open() async throws -> UInt16 {
    try await stack.open { [self] stack, event in
      react.withLock { $0 }?(stack, event)
      log.withLock { log in
        log.events.append(event)
        let matching = log.waiting.filter { $0.test(event) }
        log.waiting.removeAll { $0.test(event) }
        for waiter in matching { waiter.continuation.resume(returning: event) }
      }
    }
    return await stack.port
  }

  /// What to do at once, on the stack's thread, with each event.
  func onEvent(_ react: @escaping @Sendable (isolated SIPStack, SIPEvent) -> Void) {
    self.react.withLock { $0 = react }
  }

  var events: [SIPEvent] { log.withLock { $0.events } }

  /// What has come so far no longer counts.
  func forget() { log.withLock { $0.events.removeAll() } }

  /// The first event that passes the test, past ones included.
  func event(_ test: @escaping @Sendable (SIPEvent) -> Bool) async -> SIPEvent {
    await withCheckedContinuation { continuation in
      log.withLock { log in
        if let past = log.events.first(where: test) {
          continuation.resume(returning: past)
        } else {
          log.waiting.append((test, continuation))
        }
      }
    }
  }

  func request(_ method: SIPMethod, inDialog: Bool? = nil) async -> SIPRequest {
    let event = await event {
      guard case .request(let request) = $0 else { return false }
      return request.method == method && (inDialog == nil || request.isInDialog == inDialog)
    }
    guard case .request(let request) = event else { fatalError("not reached: the test above let it through") }
    return request
  }

  func response(_ method: SIPMethod, _ dialog: SIPDialog, atLeast status: Int = 200) async -> SIPResponse {
    let event = await event {
      guard case .response(let response) = $0 else { return false }
      return response.method == method && response.dialog == dialog && response.status >= status
    }
    guard case .response(let response) = event else {
      fatalError("not reached: the test above let it through")
    }
    return response
  }

  func terminated(_ dialog: SIPDialog) async {
    _ = await event {
      if case .terminated(dialog) = $0 { true } else { false }
    }
  }
}
