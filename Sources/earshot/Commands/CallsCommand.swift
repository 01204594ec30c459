import API
import Glibc

/// `earshot calls`: what runs now.
struct CallsCommand: Command {
  private static let watch = Option("watch", "Go on, and show each change as it happens, until Ctrl-C.")

  static let syntax = CommandSyntax(
    name: "calls",
    summary: "List the live calls that you may see.",
    options: [watch, .json] + ServerAccess.options,
    notes: [
      """
      With --json: a document of calls; with --watch a line per event of the stream, a snapshot first. The
      documents are those of Docs/API.md.
      """
    ],
    examples: [
      ("earshot calls", "The calls of this moment, oldest first"),
      ("earshot calls --watch", "The same, always up to date"),
      (
        "earshot calls --json | jq -r '.calls[] | select(.queue == \"billing\") | .id'",
        "Ids of one queue's calls"
      ),
    ])

  private let client: APIClient
  private let watches: Bool
  private let json: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    client = try ServerAccess(arguments).client
    watches = arguments.has(Self.watch)
    json = arguments.has(.json)
  }

  func run(_ console: Console) async throws -> ExitCode {
    switch (watches, json) {
    case (false, false):
      console.print(lines(try await client.calls(), console).joined(separator: "\n"))
    case (false, true):
      console.print(try JSONText.of(["calls": try await client.calls()]))
    case (true, true):
      for try await event in client.events() { console.print(try JSONText.of(event)) }
    case (true, false): try await watch(console)
    }
    return .ok
  }

  private func lines(_ calls: [CallDocument], _ console: Console) -> [String] {
    CallTable(width: console.columns, isColoured: console.isTerminal).lines(calls)
  }

  private enum Tick: Sendable {
    case event(EventDocument)
    case second
  }

  private func watch(_ console: Console) async throws {
    var floor = Floor()
    for try await tick in ticks(everySecond: console.isTerminal) {
      if case .event(let event) = tick { floor.receive(event, at: .now) }
      let lines = lines(floor.list(at: .now), console)
      if console.isTerminal {
        // Home, each line to its end, then everything below.
        console.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
      } else {
        console.print(lines.joined(separator: "\n") + "\n")
      }
    }
  }

  /// Events as they come, and on a terminal the seconds between them, by which durations grow.
  private func ticks(everySecond: Bool) -> AsyncThrowingStream<Tick, any Error> {
    let (ticks, sink) = AsyncThrowingStream.makeStream(of: Tick.self)
    let events = Task {
      do {
        for try await event in client.events() { sink.yield(.event(event)) }
        sink.finish()
      } catch {
        sink.finish(throwing: error)
      }
    }
    let clock = Task {
      while everySecond, (try? await Task.sleep(for: .seconds(1))) != nil { sink.yield(.second) }
    }
    sink.onTermination = { _ in
      events.cancel()
      clock.cancel()
    }
    return ticks
  }
}
