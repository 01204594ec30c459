import Locking

@testable import earshot

/// What a command wrote, and how it ended.
struct Transcript {
  var code: ExitCode
  var output: String
  var complaint: String

  static func of(_ words: [String]) async -> Transcript {
    let written = Written()
    let console = Console(
      write: { text in written.output.withLock { $0 += text } },
      writeError: { text in written.complaint.withLock { $0 += text } })
    let code = await Program.run(words, console: console)
    return Transcript(
      code: code, output: written.output.withLock { $0 }, complaint: written.complaint.withLock { $0 })
  }

  private final class Written: Sendable {
    let output = Lock("")
    let complaint = Lock("")
  }
}
