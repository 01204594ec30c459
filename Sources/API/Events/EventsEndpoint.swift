import Supervision

/// `GET /v1/events`: a snapshot, then numbered changes, over a WebSocket.
struct EventsEndpoint: Sendable {
  static let path = "/v1/events"

  let authentication: BearerAuthentication
  let feeds: EventFeeds
  let pacing: EventPacing
  let now: @Sendable () -> Moment

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
    let credential = try authentication.credential(ofUpgrade: request)
    let exchange = HTTPExchange(request: request, parameters: [:])
    let since = try exchange.query(known: ["since"])["since"]
    return { socket in
      let feed = await feeds.join(credential.principal)
      await run(socket, feed, credential, since: since)
      await feeds.leave(credential.principal)
    }
  }

  /// Goes at the pace of the slowest of three: the news, `pacing`, and the dashboard itself. What comes meanwhile is
  /// joined in the feed.
  private func run(
    _ socket: WebSocket, _ feed: EventFeed, _ credential: BearerAuthentication.Credential, since: String?
  ) async {
    var known = number(in: since, of: feed)
    var mayResume = known != nil
    do {
      for await _ in await feed.news() {
        guard authentication.directory.principal(token: credential.token) == credential.principal else {
          return socket.close(
            code: 4401, reason: "Your token or your rights have changed. Open the stream again.")
        }
        if mayResume, let number = known, await feed.remembers(number) {
          try await send(
            EventDocument(type: .resumed, sequence: number, cursor: cursor(number, of: feed)), over: socket)
          mayResume = false
        }
        guard let update = await feed.update(since: known) else { continue }
        mayResume = false
        try await send(document(update, of: feed), over: socket)
        known = update.sequence
        try await pacing.clock.sleep(for: pacing.interval)
      }
      socket.close(code: 1001, reason: "There are no more events.")
    } catch {
      // The dashboard has gone, or doesn't take what it is sent.
      socket.close(code: 1008, reason: "Too slow.")
    }
  }

  private func send(_ document: EventDocument, over socket: WebSocket) async throws(WebSocketFault) {
    try await socket.send(String(decoding: JSONDocument.encode(document), as: UTF8.self))
  }

  private func document(_ update: EventFeed.Update, of feed: EventFeed) -> EventDocument {
    let moment = now()
    var document = EventDocument(
      type: .snapshot, sequence: update.sequence, cursor: cursor(update.sequence, of: feed))
    switch update.content {
    case .snapshot(let calls):
      document.calls = calls.map { CallDocument($0, at: moment) }
    case .delta(let previous, let changed, let gone):
      document.type = .delta
      document.previous = previous
      document.changed = changed.map { CallDocument($0, at: moment) }
      document.gone = gone.map(\.value)
    }
    return document
  }

  private func cursor(_ number: UInt64, of feed: EventFeed) -> String { "\(feed.id).\(number)" }

  /// nil where the cursor is of another feed: then a snapshot comes.
  private func number(in cursor: String?, of feed: EventFeed) -> UInt64? {
    guard let parts = cursor?.split(separator: "."), parts.count == 2, parts[0] == feed.id else { return nil }
    return UInt64(parts[1])
  }
}
