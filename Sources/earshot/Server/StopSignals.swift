import Dispatch
import Glibc

/// What asks the process to stop, as events: SIGTERM, SIGINT, and SIGHUP where a terminal is closed.
final class StopSignals {
  /// Each signal as it comes.
  let received: AsyncStream<Int32>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (received, continuation) = AsyncStream<Int32>.makeStream()
    self.received = received
    sources = [SIGTERM, SIGINT, SIGHUP].compactMap { number in
      let before = Glibc.signal(number, SIG_IGN)
      // `nohup`: who ignores it for us wants us to outlive the terminal.
      if number == SIGHUP, Self.isIgnored(before) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  private static func isIgnored(_ handler: __sighandler_t?) -> Bool {
    unsafeBitCast(handler, to: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
  }

  /// Returns at the first signal; a second one ends the process at once, but for SIGHUP: the terminal sends it, and its
  /// shell sends it again.
  func first() async {
    var signals = received.makeAsyncIterator()
    _ = await signals.next()
    Task { [received] in
      for await number in received where number != SIGHUP { exit(ExitCode.failed.rawValue) }
    }
  }
}
