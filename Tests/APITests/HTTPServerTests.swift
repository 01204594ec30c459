import Foundation
import Locking
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
  private static let get = "GET /healthz HTTP/1.1\r\nHost: e\r\n\r\n"

  /// Whether `text` occurs `count` times.
  private static func has(_ count: Int, _ text: String) -> @Sendable (Data) -> Bool {
    { String(decoding: $0, as: UTF8.self).components(separatedBy: text).count - 1 >= count }
  }

  @Test("D1 a port in use, a foreign address and a bad one are named with the remedy") func listen()
    async throws
  {
    try await Floor.run { floor async throws in
      let port = floor.server.address.port
      #expect(throws: HTTPServerError.portInUse(address: "127.0.0.1", port: port)) {
        try HTTPServer(listen: ListenAddress("127.0.0.1", port: port), handler: Echo()) { _ in }
      }
      #expect(throws: HTTPServerError.addressNotHere("192.0.2.1")) {
        try HTTPServer(listen: ListenAddress("192.0.2.1", port: 0), handler: Echo()) { _ in }
      }
      #expect(throws: HTTPServerError.badAddress("here")) {
        try HTTPServer(listen: ListenAddress("here", port: 0), handler: Echo()) { _ in }
      }
      #expect(HTTPServerError.portInUse(address: "::", port: 80).description.contains("choose another port"))
    }
  }

  @Test("D1 a stopped server has let go of its port; a second stop is nothing") func stop() async throws {
    let server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), handler: Echo()) { _ in }
    let open = try RawConnection(port: server.address.port)
    await open.send(Self.get)
    _ = await open.read(until: Self.has(1, "+"))
    await server.stop()
    await server.stop()
    #expect(await open.readToEnd().isEmpty)
    let again = try HTTPServer(listen: server.address, handler: Echo()) { _ in }
    await again.stop()
  }

  @Test("D1 IPv6 is served") func ipv6() async throws {
    let service = APIService(desk: InMemoryDesk(), directory: TokenDirectory(), now: { Floor.now })
    let server = try HTTPServer(listen: ListenAddress("::1", port: 0), handler: service) { _ in }
    let client = APIClient(server: URL(string: "http://[::1]:\(server.address.port)")!, token: "anna-token")
    var events = client.events().makeAsyncIterator()
    let first = try await events.next()
    #expect(first?.type == .snapshot)
    await server.stop()
  }

  @Test("D1 a connection serves one request after another, also when they come at once") func pipelined()
    async throws
  {
    let server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), handler: Echo()) { _ in }
    let connection = try RawConnection(port: server.address.port)
    let post = "POST /b HTTP/1.1\r\nHost: e\r\nContent-Length: 3\r\n\r\nabc"
    for (requests, bodies) in [
      (
        "GET /a HTTP/1.1\r\n\r\nDELETE /c HTTP/1.1\r\n\r\nHEAD /d HTTP/1.1\r\n\r\nPUT /e HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        ["GET /a", "DELETE /c", "PUT /e"]
      ),
      (post, ["POST /b"]), ("GET /f HTTP/1.1\r\n\r\nGET /g HTTP/1.1\r\n\r\n", ["GET /f", "GET /g"]),
    ] {
      await connection.send(requests)
      let text = String(decoding: await connection.read(until: Self.has(bodies.count, "+")), as: UTF8.self)
      #expect(text.matches(of: /(\w+ \/\w) from/).map { String($0.output.1) } == bodies)
    }
    await connection.send("GET /d HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
    #expect(String(decoding: await connection.readToEnd(), as: UTF8.self).contains("GET /d"))
    await server.stop()
  }

  @Test("D1 requests sent behind a body that is buffered end their connection, and hang nothing")
  func behindBody() async throws {
    try await Floor.run { floor async throws in
      let connection = try RawConnection(port: floor.server.address.port)
      let get = "GET /healthz HTTP/1.1\r\n\r\n"
      await connection.send(get + "POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + get + get)
      #expect(String(decoding: await connection.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
      #expect(try await floor.request("GET", "/healthz").status == 200)
    }
  }

  @Test("D1 a large answer arrives whole") func large() async throws {
    let server = try HTTPServer(
      listen: ListenAddress("127.0.0.1", port: 0), handler: Echo(padding: 3_000_000)
    ) {
      _ in
    }
    let connection = try RawConnection(port: server.address.port, receiveBuffer: 8192)
    await connection.send("GET /a HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
    let answer = try RawAnswer(await connection.readToEnd())
    #expect(answer.body.count == Int(answer.headers["content-length"] ?? ""))
    #expect(answer.body.count > 3_000_000)
    await server.stop()
  }

  @Test("D1 too large a body is 413 before it is sent, and the answer is seen while it is") func tooLarge()
    async throws
  {
    try await Floor.run { floor async throws in
      let body = String(repeating: "x", count: 200_000)
      let sent = try await floor.request("POST", "/v1/calls/c1/supervisions", body: body)
      #expect(sent.status == 413)
      #expect(try sent.problem().detail == "The body has 200000 bytes; 65536 are taken. Send less.")
      let connection = try RawConnection(port: floor.server.address.port)
      await connection.send("POST /v1/calls HTTP/1.1\r\nHost: e\r\nContent-Length: 99999999999\r\n\r\n")
      let early = await connection.read(until: Self.has(1, "Send less."))
      #expect(try RawAnswer(early).status == 413)
      #expect(try RawAnswer(early).headers["connection"] == "close")
    }
  }

  @Test("D1 64 kB exactly are taken") func fits() async throws {
    try await Floor.run { floor async throws in
      let body = String(repeating: " ", count: 65_536)
      #expect(try await floor.request("POST", "/v1/calls/c1/supervisions", body: body).status == 400)
      #expect(try await floor.request("POST", "/v1/calls/c1/supervisions", body: body + " ").status == 413)
    }
  }

  @Test("D1 100-continue is given, or the refusal") func expectation() async throws {
    let server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), handler: Echo()) { _ in }
    let connection = try RawConnection(port: server.address.port)
    await connection.send("POST /a HTTP/1.1\r\nHost: e\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    let first = await connection.read(until: Self.has(1, "\r\n\r\n"))
    #expect(String(decoding: first, as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    await connection.send("abc")
    let rest = await connection.read(until: Self.has(1, "+abc"))
    #expect(try RawAnswer(rest).status == 200)
    await server.stop()
  }

  @Test(
    "D1 framing that could be misread is refused and the connection ended",
    arguments: [
      ("POST", "Transfer-Encoding: chunked\r\n", 411), ("GET", "Transfer-Encoding: chunked\r\n", 411),
      ("POST", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 411), ("PATCH", "", 411),
      ("POST", "Content-Length: -5\r\n", 400), ("POST", "Content-Length: +5\r\n", 400),
      ("POST", "Content-Length: 5x\r\n", 400), ("PATCH", "Content-Length: ten\r\n", 400),
      ("POST", "Content-Length: 5\r\nContent-Length: 6\r\n", 400),
    ]) func framing(_ method: String, _ header: String, _ status: Int) async throws
  {
    let seen = Lock(0)
    let server = try HTTPServer(
      listen: ListenAddress("127.0.0.1", port: 0), handler: Echo { _ in seen.withLock { $0 += 1 } }
    ) { _ in }
    let connection = try RawConnection(port: server.address.port)
    await connection.send("\(method) /a HTTP/1.1\r\nHost: e\r\n\(header)\r\n")
    let answer = try RawAnswer(await connection.read(until: Self.has(1, "}")))
    #expect(answer.status == status && answer.headers["connection"] == "close")
    await server.stop()
    #expect(seen.withLock { $0 } == 0)
  }

  @Test("D1 garbage ends its own connection and nothing else") func garbage() async throws {
    try await Floor.run { floor async throws in
      var random = SystemRandomNumberGenerator()
      var samples = (0..<40).map { _ in (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) } }
      samples += [
        "\r\n\r\n\r\n", "GET\r\n\r\n", "BREW /pot HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: e\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "GET /%00 HTTP/1.1\r\n\r\n",
        "GET http://e/ HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
        "GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 3000) + "\r\n",
        "GET /" + String(repeating: "a", count: 30_000) + " HTTP/1.1\r\n\r\n",
        "GET /?" + String(repeating: "a&", count: 300) + " HTTP/1.1\r\nHost: e\r\n\r\n",
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        "GET / HTTP/1.1\r\nUpgrade: tea\r\nConnection: Upgrade\r\n\r\n",
      ].map { Array($0.utf8) }
      for sample in samples {
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(sample)
      }
      #expect(try await floor.request("GET", "/healthz").status == 200)
    }
  }

  @Test("D1 a client that dawdles over its headers or body is cut off") func slow() async throws {
    var limits = HTTPLimits()
    limits.receive = 1
    try await Floor.run(limits: limits) { floor async throws in
      for beginning in [
        "GET /healthz HT", "POST /v1/calls HTTP/1.1\r\nHost: e\r\nContent-Length: 10\r\n\r\nabc",
      ] {
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(beginning)
        #expect(await connection.readToEnd().isEmpty)
      }
    }
  }

  @Test("D1 while stopping, what is under way is answered") func stopsGently() async throws {
    let gate = Gate()
    let server = try HTTPServer(
      listen: ListenAddress("127.0.0.1", port: 0), handler: Echo { _ in await gate.pass() }
    ) { _ in }
    let connection = try RawConnection(port: server.address.port)
    await connection.send("GET /a HTTP/1.1\r\nHost: e\r\n\r\n")
    await gate.arrival()
    async let stopped: Void = server.stop()
    await gate.open()
    let answer = try RawAnswer(await connection.readToEnd())
    await stopped
    #expect(answer.status == 200)
  }
}

/// Says what it was asked.
struct Echo: HTTPHandler {
  var padding = 0
  var seen: @Sendable (HTTPRequest) async -> Void = { _ in }

  init(padding: Int = 0, seen: @escaping @Sendable (HTTPRequest) async -> Void = { _ in }) {
    self.padding = padding
    self.seen = seen
  }

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    await seen(request)
    let text = "\(request.method.rawValue) \(request.path) from \(request.peer)"
    let body = Data(text.utf8) + Data(repeating: 0x20, count: padding) + Data("+".utf8) + request.body
    return HTTPResponse(status: 200, body: body)
  }

  func upgrade(_ request: HTTPRequest) -> WebSocketDecision { .refuse(HTTPResponse(status: 404)) }
}

/// Holds whoever passes until it is opened.
actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var watchers: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    guard !isOpen else { return }
    await withCheckedContinuation { continuation in
      waiting.append(continuation)
      for watcher in watchers { watcher.resume() }
      watchers.removeAll()
    }
  }

  func arrival() async {
    if waiting.isEmpty { await withCheckedContinuation { watchers.append($0) } }
  }

  func open() {
    isOpen = true
    for waiter in waiting { waiter.resume() }
    waiting.removeAll()
  }
}
