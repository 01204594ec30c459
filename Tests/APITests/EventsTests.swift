import CallControl
import Foundation
import Locking
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct EventsTests {
  private static let upgrade =
    "GET /v1/events HTTP/1.1\r\nHost: e\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

  @Test("D2 a snapshot, then numbered changes, cut to the scope") func stream() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.put(Floor.call("c2", queue: "sales"))
      var events = floor.client("carl-token").events().makeAsyncIterator()
      let snapshot = try #require(try await events.next())
      #expect(snapshot.type == .snapshot && snapshot.calls?.map(\.id) == ["c1"])

      await floor.clock.sleepers(1)
      await floor.desk.put(Floor.call("c2", queue: "sales", revision: 2))
      await floor.desk.put(Floor.call("c3"))
      floor.clock.advance(by: .milliseconds(250))
      let delta = try #require(try await events.next())
      #expect(delta.type == .delta && delta.changed?.map(\.id) == ["c3"] && delta.gone == [])
      #expect(delta.previous == snapshot.sequence && delta.sequence > snapshot.sequence)

      await floor.clock.sleepers(1)
      await floor.desk.remove(CallID("c1"))
      floor.clock.advance(by: .milliseconds(250))
      let end = try #require(try await events.next())
      #expect(end.gone == ["c1"] && end.changed == [] && end.previous == delta.sequence)
    }
  }

  @Test("D2 a burst of changes is one message, and at most four are sent in a second") func paced()
    async throws
  {
    try await Floor.run { floor async throws in
      var events = floor.client().events().makeAsyncIterator()
      var known = try #require(try await events.next()).sequence
      for round in 0..<4 {
        await floor.clock.sleepers(1)
        for revision in 0..<50 {
          await floor.desk.put(Floor.call("c1", revision: UInt64(round * 50 + revision)))
        }
        // Not a moment earlier: the socket's task sleeps until the clock has moved by the whole interval.
        floor.clock.advance(by: .milliseconds(249))
        await floor.clock.sleepers(1)
        floor.clock.advance(by: .milliseconds(1))
        // The feed may still be taking in the burst, so it can take another message to have it all.
        var last: UInt64 = 0
        repeat {
          let delta = try #require(try await events.next())
          #expect(delta.previous == known)
          known = delta.sequence
          last = try #require(delta.changed?.first).revision
          if last != UInt64(round * 50 + 49) {
            await floor.clock.sleepers(1)
            floor.clock.advance(by: .milliseconds(250))
          }
        } while last != UInt64(round * 50 + 49)
      }
    }
  }

  @Test("D2 a dashboard that returns gets what it missed") func resumed() async throws {
    let clock = ManualClock()
    try await Floor.run(pacing: EventPacing(interval: .zero, clock: clock)) { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let cursor = try await { () async throws -> String in
        var events = floor.client().events().makeAsyncIterator()
        return try #require(try await events.next()).cursor
      }()
      // Its place is kept: somebody waits for the retention to pass.
      await clock.sleepers(1)
      await floor.desk.put(Floor.call("c2"))
      await floor.desk.remove(CallID("c1"))
      var events = floor.client().events(since: cursor).makeAsyncIterator()
      let first = try await events.next()
      #expect(first?.type == .resumed)
      var missed: (changed: [String], gone: [String]) = ([], [])
      while missed.gone.isEmpty || missed.changed.isEmpty {
        let delta = try #require(try await events.next())
        #expect(delta.type == .delta)
        missed.changed += delta.changed?.map(\.id) ?? []
        missed.gone += delta.gone ?? []
      }
      #expect(missed.changed.contains("c2") && missed.gone == ["c1"])
    }
  }

  @Test("D2 an unknown cursor gets a snapshot") func unknownCursor() async throws {
    try await Floor.run { floor async throws in
      for cursor in ["nonsense", "abc.5", "abc.-1", "."] {
        var events = floor.client().events(since: cursor).makeAsyncIterator()
        let first = try await events.next()
        #expect(first?.type == .snapshot)
      }
    }
  }

  @Test("D2 A3 a stream ends at the next change once its token is revoked") func revoked() async throws {
    try await Floor.run { floor async throws in
      var events = floor.client().events().makeAsyncIterator()
      let first = try await events.next()
      #expect(first?.type == .snapshot)
      await floor.clock.sleepers(1)
      floor.directory.revoke("anna-token")
      await floor.desk.put(Floor.call("c1"))
      floor.clock.advance(by: .milliseconds(250))
      let error = await #expect(throws: APIClientError.self) { _ = try await events.next() }
      #expect(error?.description.contains("rights have changed") == true)
    }
  }

  @Test("D2 A2 A3 when a grant begins or ends, its calls come or go though nothing happens on the floor")
  func dated() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.put(Floor.call("c2", queue: "sales"))
      var events = floor.client("dora-token").events().makeAsyncIterator()
      let first = try #require(try await events.next())
      #expect(first.calls?.map(\.id) == ["c1"])
      // The feed's beat and the end of the grant are waited for.
      await floor.clock.sleepers(2)
      floor.clock.advance(by: .seconds(10))
      let ended = try #require(try await events.next())
      #expect(ended.type == .snapshot && ended.calls == [])
      // The first feed's expiry, the second one's beat, the beginning of the other grant.
      await floor.clock.sleepers(3)
      // Nor does whoever comes now get what a feed knew, not even by a cursor of it.
      for since in [nil, first.cursor] {
        var others = floor.client("dora-token").events(since: since).makeAsyncIterator()
        let other = try #require(try await others.next())
        #expect(other.type == .snapshot && other.calls == [])
      }
      floor.clock.advance(by: .seconds(10))
      let begun = try #require(try await events.next())
      #expect(begun.type == .snapshot && begun.calls?.map(\.id) == ["c2"])
    }
  }

  @Test("D2 A9 a stream without a good token isn't opened") func unauthenticated() async throws {
    try await Floor.run { floor async throws in
      var events = floor.client("guess").events().makeAsyncIterator()
      let error = await #expect(throws: APIClientError.self) { _ = try await events.next() }
      #expect(error?.description.contains("token") == true)
      var nobody = APIClient(server: URL(string: "http://127.0.0.1:1")!, token: "t").events()
        .makeAsyncIterator()
      let unreachable = await #expect(throws: APIClientError.self) { _ = try await nobody.next() }
      #expect(unreachable?.description.contains("isn't reachable") == true)
    }
  }

  @Test("D2 a browser gives its token as a subprotocol") func subprotocol() async throws {
    try await Floor.run { floor async throws in
      func open(_ protocols: String) async throws -> RawAnswer {
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(Self.upgrade + "Sec-WebSocket-Protocol: \(protocols)\r\n\r\n")
        return try RawAnswer(await connection.read { $0.range(of: Data("\r\n\r\n".utf8)) != nil })
      }
      let opened = try await open("earshot.v1, bearer.anna-token")
      #expect(opened.status == 101 && opened.headers["sec-websocket-protocol"] == "earshot.v1")
      #expect(opened.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      #expect(try await open("earshot.v1, bearer.guess").status == 401)
      #expect(try await open("earshot.v1").status == 401)
      #expect(try await open("chat, bearer.anna-token").status == 400)
      #expect(try await open("earshot.v1, bearer." + String(repeating: "x", count: 200)).status == 400)
    }
  }

  @Test("D2 what is no proper upgrade is told why") func badUpgrade() async throws {
    try await Floor.run { floor async throws in
      func send(_ request: String) async throws -> RawAnswer {
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(request + "Authorization: Bearer anna-token\r\n\r\n")
        return try RawAnswer(await connection.readToEnd())
      }
      #expect(try await floor.request("GET", "/v1/events").status == 426)
      let old = try await send(Self.upgrade.replacing("Version: 13", with: "Version: 8"))
      #expect(old.status == 426 && old.headers["sec-websocket-version"] == "13")
      #expect(try await send(Self.upgrade.replacing("Sec-WebSocket-Key", with: "X-Key")).status == 400)
      #expect(try await send(Self.upgrade.replacing("/v1/events", with: "/v1/calls")).status == 404)
      #expect(try await send(Self.upgrade.replacing("/v1/events", with: "/v1/events?token=x")).status == 400)
      #expect(try await send(Self.upgrade.replacing("websocket", with: "h2c")).status == 400)
    }
  }

  @Test("D2 a stopping server tells its dashboards") func stopping() async throws {
    try await Floor.run { floor async throws in
      var events = floor.client().events().makeAsyncIterator()
      let first = try await events.next()
      #expect(first?.type == .snapshot)
      await floor.server.stop()
      let error = await #expect(throws: APIClientError.self) { _ = try await events.next() }
      #expect(error?.description.contains("stopping") == true)
    }
  }

  @Test("D2 a reader who doesn't read costs a bounded amount and is cut off") func slowReader() async throws {
    var limits = HTTPLimits()
    limits.send = 1
    let (outcomes, report) = AsyncStream.makeStream(of: Result<Int, WebSocketFault>.self)
    let flood = Flood(report: report)
    let server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), limits: limits, handler: flood) {
      _ in
    }
    let connection = try RawConnection(port: server.address.port, receiveBuffer: 4096)
    await connection.send(Self.upgrade + "\r\n")
    var faults: [WebSocketFault: Int] = [:]
    var taken = 0
    for await outcome in outcomes.prefix(Flood.messages) {
      switch outcome {
      case .success: taken += 1
      case .failure(let fault): faults[fault, default: 0] += 1
      }
    }
    // 40 were sent at once: at most one with the kernel, one with libwebsockets, eight in the queue, the rest refused.
    #expect(taken <= 1)
    #expect(faults[.backlog, default: 0] >= 1)
    #expect(faults[.closed, default: 0] >= 1)
    await server.stop()
    withExtendedLifetime(connection) {}
  }
}

/// Sends many large messages at once to whoever connects.
private struct Flood: HTTPHandler {
  static let messages = 40
  var report: AsyncStream<Result<Int, WebSocketFault>>.Continuation

  func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: 404) }

  func upgrade(_ request: HTTPRequest) -> WebSocketDecision {
    let text = String(repeating: "x", count: 4_000_000)
    return .accept { socket in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<Self.messages {
          group.addTask {
            do throws(WebSocketFault) {
              try await socket.send(text)
              report.yield(.success(number))
            } catch {
              report.yield(.failure(error))
            }
          }
        }
      }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct EventFeedTests {
  /// Tells everything at once.
  private static func feed() -> EventFeed {
    EventFeed(interval: .zero, clock: ManualClock()) { _, _ in "" }
  }

  @Test("D2 a thousand dashboards with the same rights cost one writing for each beat") func writtenOnce()
    async throws
  {
    let written = Lock(0)
    let clock = ManualClock()
    let feed = EventFeed(interval: .milliseconds(250), clock: clock) { update, name in
      written.withLock { $0 += 1 }
      return "\(name).\(update.sequence)"
    }
    await feed.apply(.floor([Floor.call("c1")]))
    var known: [UInt64?] = Array(repeating: nil, count: 1000)
    for index in known.indices { known[index] = await feed.message(since: nil)?.sequence }
    #expect(written.withLock { $0 } == 1)
    // Whoever comes between two beats knows what the others know.
    await clock.sleepers(1)
    await feed.apply(.changed(Floor.call("c1", revision: 2)))
    known.append(try #require(await feed.message(since: nil)).sequence)
    #expect(await feed.message(since: known[0]) == nil)
    clock.advance(by: .milliseconds(250))
    for await _ in await feed.news() where await feed.message(since: known[0]) != nil { break }
    for index in known.indices {
      let message = try #require(await feed.message(since: known[index]))
      #expect(message.sequence == 2 && message.text == "\(feed.id).2")
    }
    #expect(written.withLock { $0 } == 2)
  }

  @Test("D2 A2 who has the same rights in force shares a feed, whenever they end and in whatever order")
  func shared()
    async throws
  {
    let clock = ManualClock()
    let feeds = EventFeeds(
      desk: InMemoryDesk(), pacing: EventPacing(clock: clock),
      now: { Floor.now.advanced(by: clock.now.offset) }, encode: { _, _, _ in "" })
    let support = Scope(queues: ["support"])
    let sales = Scope(queues: ["sales"])
    func principal(_ user: String, _ grants: [Grant]) -> Principal {
      Principal(user: UserID(user), name: user, tenant: TenantID("acme"), grants: grants)
    }
    let always = principal(
      "anna", [Grant(permissions: [.view], scope: support), Grant(permissions: [.view], scope: sales)])
    let limited = principal(
      "carl",
      [
        Grant(permissions: [.view], scope: sales),
        Grant(permissions: [.view], scope: support, until: Floor.now.wall + 1000),
        Grant(permissions: [.barge], from: Floor.now.wall + 5000),
      ])
    let first = await feeds.join(always)
    let second = await feeds.join(limited)
    #expect(first.feed === second.feed)
    clock.advance(by: .milliseconds(999))
    #expect(feeds.suits(second, limited))
    clock.advance(by: .milliseconds(1))
    #expect(feeds.suits(first, always) && !feeds.suits(second, limited))
    let third = await feeds.join(limited)
    #expect(third.feed !== first.feed && feeds.suits(third, limited))
  }

  @Test("D2 whoever was away too long gets a snapshot, and memory stays bounded") func forgets() async throws
  {
    let feed = Self.feed()
    #expect(await feed.update(since: nil) == nil)
    await feed.apply(.floor([Floor.call("stays")]))
    let start = try #require(await feed.update(since: nil)).sequence
    for number in 0..<1024 {
      await feed.apply(.changed(Floor.call("c\(number)")))
      await feed.apply(.gone(CallID("c\(number)")))
    }
    #expect(await feed.remembers(start))
    await feed.apply(.changed(Floor.call("last")))
    await feed.apply(.gone(CallID("last")))
    #expect(await !feed.remembers(start))
    let update = try #require(await feed.update(since: start))
    guard case .snapshot(let calls) = update.content else {
      Issue.record("a delta with gaps")
      return
    }
    #expect(calls.map(\.id.value) == ["stays"])
  }

  @Test("D2 a call that came back isn't told as gone") func returns() async throws {
    let feed = Self.feed()
    await feed.apply(.floor([Floor.call("c1")]))
    let start = try #require(await feed.update(since: nil)).sequence
    await feed.apply(.gone(CallID("c1")))
    await feed.apply(.changed(Floor.call("c1", revision: 2)))
    let update = try #require(await feed.update(since: start))
    guard case .delta(_, let changed, let gone) = update.content else {
      Issue.record("no delta")
      return
    }
    #expect(changed.map(\.revision) == [2] && gone.isEmpty)
    #expect(await feed.update(since: update.sequence) == nil)
  }

  @Test("D2 a new floor says what has left meanwhile") func newFloor() async throws {
    let feed = Self.feed()
    await feed.apply(.floor([Floor.call("c1"), Floor.call("c2")]))
    let start = try #require(await feed.update(since: nil)).sequence
    await feed.apply(.floor([Floor.call("c2")]))
    guard case .delta(_, let changed, let gone) = try #require(await feed.update(since: start)).content else {
      Issue.record("no delta")
      return
    }
    #expect(changed.map(\.id.value) == ["c2"] && gone.map(\.value) == ["c1"])
  }
}
