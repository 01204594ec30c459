import Glibc

/// Where a command writes: results to standard output, everything about them to standard error.
struct Console: Sendable {
  let write: @Sendable (String) -> Void
  let writeError: @Sendable (String) -> Void
  /// Whether people read along, so that a list may be redrawn in place.
  var isTerminal = false

  /// Columns of the terminal; without one, enough for anything.
  var columns: Int {
    var size = winsize()
    guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 1000 }
    return Int(size.ws_col)
  }

  func print(_ text: String) { write(text + "\n") }
  func complain(_ text: String) { writeError(text + "\n") }

  /// The streams of this process, unbuffered: a watcher at the other end of a pipe sees each line at once.
  static let standard = Console(
    write: { Self.write($0, to: STDOUT_FILENO) }, writeError: { Self.write($0, to: STDERR_FILENO) },
    isTerminal: isatty(STDOUT_FILENO) == 1)

  private static func write(_ text: String, to descriptor: Int32) {
    Array(text.utf8).withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno != EINTR { return }
        rest = rest.dropFirst(max(0, count))
      }
    }
  }
}
