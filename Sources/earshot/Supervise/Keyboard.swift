import Foundation
import Glibc

/// Single keys from the terminal, and Ctrl-C as one of them, while this lives.
final class Keyboard {
  /// Ctrl-C.
  static let interrupt: Character = "\u{3}"

  let keys: AsyncStream<Character>
  private let sink: AsyncStream<Character>.Continuation
  private let interrupts: any DispatchSourceSignal
  private var saved: termios?

  init() {
    (keys, sink) = AsyncStream.makeStream(of: Character.self, bufferingPolicy: .bufferingNewest(16))
    signal(SIGINT, SIG_IGN)
    interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    interrupts.setEventHandler { [sink] in sink.yield(Self.interrupt) }
    interrupts.activate()
    guard isatty(STDIN_FILENO) == 1 else { return }
    var mode = termios()
    tcgetattr(STDIN_FILENO, &mode)
    saved = mode
    // A key counts without Return and isn't shown; Ctrl-C stays a signal.
    mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &mode)
    Self.read(into: sink)
  }

  deinit {
    if var saved { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
    interrupts.cancel()
    signal(SIGINT, SIG_DFL)
    sink.finish()
  }

  /// On a thread of its own, since it blocks; it ends with the process or the terminal.
  private static func read(into sink: AsyncStream<Character>.Continuation) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while Glibc.read(STDIN_FILENO, &byte, 1) == 1 {
        if case .terminated = sink.yield(Character(UnicodeScalar(byte))) { return }
      }
    }
  }
}
