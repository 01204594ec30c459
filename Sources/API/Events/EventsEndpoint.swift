import CallControl
import Supervision

/// `GET /v1/events`: a snapshot, then numbered changes, over a WebSocket; and beside them how loud it is on the
/// dashboard's own live sessions.
struct EventsEndpoint: Sendable {
  static let path = "/v1/events"

  let door: SocketDoor
  let feeds: EventFeeds
  let desk: any CallDesk

  private var authentication: Authentication { door.authentication }

  /// Without an upgrade there is nothing to see.
  var routes: [Router.Route] {
    [
      Router.Route(.get, Self.path) { exchange async throws(Problem) in
        _ = try authentication.credential(of: exchange.request)
        throw .upgradeRequired
      }
    ]
  }

  /// The task of one dashboard.
  func session(for request: HTTPRequest) throws(Problem) -> @Sendable (WebSocket) async -> Void {
    let credential = try door.credential(request)
    let exchange = HTTPExchange(request: request, parameters: [:])
    let since = try exchange.query(known: ["since"])["since"]
    return { socket in
      await door.serve(socket, credential) {
        let meters = Task { await show(await desk.levels(for: credential.principal), on: socket) }
        var since = since
        var goesOn = true
        while goesOn {
          let place = await feeds.join(credential.principal)
          goesOn = await run(socket, place, credential, since: since)
          await feeds.leave(place)
          since = nil
        }
        meters.cancel()
      }
    }
  }

  /// Goes at the pace of the slower of two: the feed's beat, and the dashboard itself. What comes meanwhile is joined
  /// in the feed.
  ///
  /// - Returns: whether he goes on with another feed, because what he may see isn't what this one shows.
  private func run(
    _ socket: WebSocket, _ place: EventFeeds.Place, _ credential: Authentication.Credential, since: String?
  ) async -> Bool {
    let feed = place.feed
    let start = feeds.now()
    let (news, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    // A quiet floor has no news: then the clock alone must take from him what he may no longer see.
    let dates = Task { await watchDates(of: credential.principal, since: start, bell) }
    defer {
      dates.cancel()
      bell.finish()
    }
    await feed.ring(bell)
    var known = number(in: since, of: feed)
    var mayResume = known != nil
    do throws(WebSocketFault) {
      for await _ in news {
        guard authentication.stillHolds(credential) else {
          SocketDoor.signedOut(socket)
          return false
        }
        guard feeds.suits(place, credential.principal) else { return true }
        if mayResume, let number = known, await feed.remembers(number) {
          let resumed = EventDocument(
            type: .resumed, sequence: number, cursor: Self.cursor(number, of: feed.id))
          try await socket.send(String(decoding: JSONDocument.encode(resumed), as: UTF8.self))
          mayResume = false
        }
        guard let message = await feed.message(since: known) else { continue }
        mayResume = false
        try await socket.send(message.text)
        known = message.sequence
      }
      socket.close(code: 1001, reason: "There are no more events.")
    } catch {
      // The dashboard has gone, or doesn't take what it is sent.
      if error != .closed { authentication.counters.count(\.socketsSlow) }
      socket.close(code: 1008, reason: "Too slow.")
    }
    return false
  }

  /// Rings when grants begin or end to be in force. Asks the clock anew after a minute at most, as it may be set.
  ///
  /// - Parameter start: what came after it is rung for, also if it has passed meanwhile.
  private func watchDates(
    of principal: Principal, since start: Moment, _ bell: AsyncStream<Void>.Continuation
  ) async {
    var known = start
    while let date = Viewpoint.change(of: principal, after: known) {
      let remaining = Duration.milliseconds(min(date - feeds.now().wall, 60_000))
      if remaining > .zero {
        guard (try? await feeds.pacing.clock.sleep(for: remaining)) != nil else { return }
      }
      known = feeds.now()
      bell.yield()
    }
  }

  private struct LevelsDocument: Encodable {
    var type = "levels"
    var call: String
    var levels: [String: Double]
  }

  /// Whoever is slow misses some: the stream keeps only the newest.
  private func show(_ readings: AsyncStream<LevelReading>, on socket: WebSocket) async {
    for await reading in readings {
      let levels = reading.levels.map { ($0.key.description, (Double($0.value) * 10).rounded() / 10) }
      let document = LevelsDocument(
        call: reading.call.value, levels: Dictionary(uniqueKeysWithValues: levels))
      let text = String(decoding: JSONDocument.encode(document), as: UTF8.self)
      guard (try? await socket.send(text)) != nil else { return }
    }
  }

  /// Writes an update of the feed `name`.
  static func text(_ update: EventFeed.Update, of name: String, at moment: Moment, policy: Policy) -> String {
    var document = EventDocument(
      type: .snapshot, sequence: update.sequence, cursor: cursor(update.sequence, of: name))
    switch update.content {
    case .snapshot(let calls):
      document.calls = calls.map { CallDocument($0, at: moment, policy: policy) }
    case .delta(let previous, let changed, let gone):
      document.type = .delta
      document.previous = previous
      document.changed = changed.map { CallDocument($0, at: moment, policy: policy) }
      document.gone = gone.map(\.value)
    }
    return String(decoding: JSONDocument.encode(document), as: UTF8.self)
  }

  private static func cursor(_ number: UInt64, of name: String) -> String { "\(name).\(number)" }

  /// nil where the cursor is of another feed: then a snapshot comes.
  private func number(in cursor: String?, of feed: EventFeed) -> UInt64? {
    guard let parts = cursor?.split(separator: "."), parts.count == 2, parts[0] == feed.id else { return nil }
    return UInt64(parts[1])
  }
}
