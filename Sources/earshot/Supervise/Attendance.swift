import API
import Supervision

/// A supervision from the terminal: shows how it stands, takes keys, ends it. Where the agent is taken into another call and
/// the supervisor with him, it is another session from then on.
struct Attendance {
  /// 5 s, as the pages wait.
  private static let mostTries = 25

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
    var shown = Shown(session)
    for await happening in happenings {
      switch happening {
      case .event(let event):
        if let over = try await show(event, &shown) { return over }
      case .key(Keyboard.interrupt), .timeIsUp:
        try await client.end(shown.session.id)
        return .ok
      case .key(let key):
        if try await act(keys.press(key, at: .now), on: shown.session) { return .ok }
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
    /// As it was last seen.
    var session: SupervisionDocument
    var line = ""
    /// Whether an event has told of it yet.
    var isKnown = false

    init(_ session: SupervisionDocument) { self.session = session }
  }

  /// - Returns: how it ended, once it has.
  private func show(_ event: EventDocument, _ shown: inout Shown) async throws -> ExitCode? {
    let calls = (event.calls ?? []) + (event.changed ?? [])
    let call = calls.first { $0.id == shown.session.call }
    guard let call else {
      let isGone = event.gone?.contains(shown.session.call) == true || event.type == .snapshot
      return isGone ? try await leave(&shown) : nil
    }
    guard let now = call.sessions.first(where: { $0.id == shown.session.id }) else {
      // The first that is told may be from before the session began.
      return shown.isKnown ? try end("the session is over", shown) : nil
    }
    return try await take(now, in: call, &shown)
  }

  /// - Returns: how it ended, once it has.
  private func take(_ now: SupervisionDocument, in call: CallDocument, _ shown: inout Shown) async throws
    -> ExitCode?
  {
    try tell(now, in: call, &shown)
    if let next = now.movedTo { return try await goOn(next, &shown) }
    return now.phase == "ended" ? try end(now.endReason ?? "the session is over", shown) : nil
  }

  private func tell(_ now: SupervisionDocument, in call: CallDocument, _ shown: inout Shown) throws {
    if json {
      if !shown.isKnown || now != shown.session { console.print(try JSONText.of(now)) }
    } else {
      let line = SessionStatus.line(now, in: call)
      if line != shown.line, now.phase != "ended" { console.print(line) }
      shown.line = line
    }
    shown.session = now
    shown.isKnown = true
  }

  /// The call is gone. Its last events may have been told as one: how the session ended is asked.
  private func leave(_ shown: inout Shown) async throws -> ExitCode? {
    let last = try? await client.supervision(shown.session.id)
    if let next = last?.movedTo { return try await goOn(next, &shown) }
    return try end(last?.endReason ?? "the call is over", shown)
  }

  /// The agent was taken into another call, and his supervisor with him.
  /// - Returns: how it ended, if that call has let him go already.
  private func goOn(_ session: String, _ shown: inout Shown) async throws -> ExitCode? {
    do {
      shown = Shown(try await moved(session))
      if !json { console.print("the agent was taken into another call, and you with him") }
      let call = try await client.call(shown.session.call)
      guard let now = call.sessions.first(where: { $0.id == session }) else { return nil }
      return try await take(now, in: call, &shown)
    } catch APIClientError.problem {
      return try end("the agent has left the call by a transfer", shown)
    }
  }

  /// The session in the other call, which may not have taken him in yet.
  private func moved(_ session: String) async throws -> SupervisionDocument {
    for _ in 0..<Self.mostTries {
      if let moved = try? await client.supervision(session) { return moved }
      try await Task.sleep(for: .milliseconds(200))
    }
    return try await client.supervision(session)
  }

  private func end(_ why: String, _ shown: Shown) throws -> ExitCode {
    if !json { console.print("ended: \(why)") }
    // It may have ended before it came to sound: that is a failure of what was asked.
    return shown.isKnown && ["authorising", "connecting"].contains(shown.session.phase) ? .failed : .ok
  }

  // MARK: What is pressed

  /// - Returns: whether he has left. A refused change is told and changes nothing.
  private func act(_ outcome: ModeKeys.Outcome, on session: SupervisionDocument) async throws -> Bool {
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
