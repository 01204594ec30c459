import Dispatch
import Glibc

/// SIGTERM and SIGINT as events.
final class StopSignals {
  /// Each signal as it comes.
  let received: AsyncStream<Int32>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (received, continuation) = AsyncStream<Int32>.makeStream()
    self.received = received
    sources = [SIGTERM, SIGINT].map { number in
      Glibc.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  /// Returns at the first signal; a second one ends the process at once.
  func first() async {
    var signals = received.makeAsyncIterator()
    _ = await signals.next()
    Task { [received] in
      for await _ in received { exit(ExitCode.failed.rawValue) }
    }
  }
}
