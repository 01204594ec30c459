import API
import Supervision

/// One supervision session from the terminal: shows how it stands, takes keys, ends it.
struct Attendance {
  let client: APIClient
  let session: SupervisionDocument
  /// Leave after this time.
  let limit: Duration?
  let json: Bool
  let console: Console

  private enum Happening: Sendable {
    case event(EventDocument)
    case key(Character)
    case timeIsUp
    case streamBroke(any Error)
  }

  func run() async throws -> ExitCode {
    let keyboard = Keyboard()
    let (happenings, sink) = AsyncStream.makeStream(of: Happening.self)
    let sources = sources(keyboard.keys, into: sink)
    defer { for source in sources { source.cancel() } }
    var keys = ModeKeys()
    var shown = Shown()
    for await happening in happenings {
      switch happening {
      case .event(let event):
        if let over = try show(event, &shown) { return over }
      case .key(Keyboard.interrupt), .timeIsUp:
        try await client.end(session.id)
        return .ok
      case .key(let key):
        if try await act(keys.press(key, at: .now)) { return .ok }
      case .streamBroke(let error): throw error
      }
    }
    return .ok
  }

  private func sources(
    _ keys: AsyncStream<Character>, into sink: AsyncStream<Happening>.Continuation
  ) -> [Task<Void, Never>] {
    let events = Task {
      do {
        for try await event in client.events() { sink.yield(.event(event)) }
      } catch {
        sink.yield(.streamBroke(error))
      }
    }
    let pressed = Task {
      for await key in keys { sink.yield(.key(key)) }
    }
    let timer = Task {
      guard let limit, (try? await Task.sleep(for: limit)) != nil else { return }
      sink.yield(.timeIsUp)
    }
    return [events, pressed, timer]
  }

  // MARK: What is seen

  private struct Shown {
    var line = ""
    var document: SupervisionDocument?
  }

  /// - Returns: how it ended, once it has.
  private func show(_ event: EventDocument, _ shown: inout Shown) throws -> ExitCode? {
    let calls = (event.calls ?? []) + (event.changed ?? [])
    let call = calls.first { $0.id == session.call }
    guard let call, let now = call.sessions.first(where: { $0.id == session.id }) else {
      let isGone = event.gone?.contains(session.call) == true || event.type == .snapshot || call != nil
      return isGone ? try end("the call is over", shown) : nil
    }
    if json {
      if now != shown.document { console.print(try JSONText.of(now)) }
    } else {
      let line = SessionStatus.line(now, in: call)
      if line != shown.line, now.phase != "ended" { console.print(line) }
      shown.line = line
    }
    shown.document = now
    return now.phase == "ended" ? try end(now.endReason ?? "the session is over", shown) : nil
  }

  private func end(_ why: String, _ shown: Shown) throws -> ExitCode {
    if !json { console.print("ended: \(why)") }
    // It may have ended before it came to sound: that is a failure of what was asked.
    return shown.document.map { ["authorising", "connecting"].contains($0.phase) } == true ? .failed : .ok
  }

  // MARK: What is pressed

  /// - Returns: whether he has left. A refused change is told and changes nothing.
  private func act(_ outcome: ModeKeys.Outcome) async throws -> Bool {
    switch outcome {
    case .nothing: return false
    case .confirm(let mode):
      console.complain("Press the same key again within 3 s for \(mode.rawValue).")
    case .leave:
      try await client.end(session.id)
      return true
    case .change(let mode):
      do {
        _ = try await client.changeMode(of: session.id, to: mode)
      } catch .problem(let problem) {
        console.complain("\(problem.title): \(problem.detail)")
      }
    }
    return false
  }
}
