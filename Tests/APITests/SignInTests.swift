import Foundation
import Locking
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct SignInTests {
  static let origin = ["Host": "earshot.example", "Origin": "http://earshot.example"]

  /// The cookie of somebody who has signed in.
  static func cookie(_ name: String, _ floor: Floor) async throws -> String {
    let answer = try await signIn(name, name + "-secret", floor)
    let setting = try #require(answer.headers["set-cookie"])
    return String(try #require(setting.split(separator: ";").first))
  }

  static func signIn(
    _ name: String, _ password: String, _ floor: Floor, headers: [String: String] = [:]
  ) async throws -> RawAnswer {
    try await floor.request(
      "POST", "/v1/session", headers: headers, body: #"{"name":"\#(name)","password":"\#(password)"}"#,
      token: nil)
  }

  private static func get(_ path: String, _ cookie: String, _ floor: Floor) async throws -> RawAnswer {
    try await floor.request("GET", path, headers: ["Cookie": cookie], token: nil)
  }

  @Test("A7 W1 who signs in gets a cookie that scripts and other sites can't use, and is told who he is")
  func signIn() async throws {
    try await Floor.run { floor async throws in
      let answer = try await Self.signIn("anna", "anna-secret", floor)
      #expect(answer.status == 200 && answer.headers["cache-control"] == "no-store")
      let setting = try #require(answer.headers["set-cookie"])
      #expect(setting.wholeMatch(of: /earshot=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\//) != nil)
      let cookie = String(try #require(setting.split(separator: ";").first))
      let session = try JSONDecoder().decode(
        SessionDocument.self, from: try await Self.get("/v1/session", "other=1; " + cookie, floor).body)
      #expect(session.user == "anna" && session.role == "supervisor" && session.tenant == "acme")
      #expect(session.permissions == Permission.allCases.map(\.rawValue) && session.version == "1.2.3")
      #expect(session.policy.longCall == 600 && session.serverTime == "2026-05-04T09:08:07.006Z")
      await floor.desk.put(Floor.call("c1"))
      #expect(try await Self.get("/v1/calls", cookie, floor).text.contains(#""id":"c1""#))
      #expect(try await Self.get("/v1/calls", "earshot=guess", floor).status == 401)
      #expect(try await floor.request("GET", "/v1/session", token: nil).status == 401)
      let ben = try await Self.get("/v1/session", try await Self.cookie("ben", floor), floor)
      #expect(ben.text.contains(#""role":"agent""#) && ben.text.contains(#""permissions":[]"#))
    }
  }

  @Test("I1 whoever signs in is told the TURN servers, with credentials of his own where there is a secret")
  func iceServers() async throws {
    let servers = [
      ICEServer(urls: ["stun:stun.example:3478"], access: .open),
      ICEServer(urls: ["turn:a.example"], access: .account(username: "floor", credential: "known")),
      ICEServer(urls: ["turn:b.example"], access: .secret("shared")),
    ]
    try await Floor.run(iceServers: servers) { floor async throws in
      let signedIn = try await Self.signIn("anna", "anna-secret", floor)
      let told = try JSONDecoder().decode(SessionDocument.self, from: signedIn.body).iceServers
      // By: printf 1777928887:anna | openssl dgst -sha1 -hmac shared -binary | base64
      #expect(
        told == [
          .init(urls: ["stun:stun.example:3478"]),
          .init(urls: ["turn:a.example"], username: "floor", credential: "known"),
          .init(
            urls: ["turn:b.example"], username: "1777928887:anna", credential: "pinvSqx5mHKE/cDtxgcf9U+1fzc="),
        ])
      floor.clock.advance(by: .seconds(60))
      let later = try await floor.request("GET", "/v1/session")
      let renewed = try JSONDecoder().decode(SessionDocument.self, from: later.body).iceServers
      #expect(
        renewed?.last?.username == "1777928947:anna" && renewed?.last?.credential != told?.last?.credential)
      #expect(try await floor.request("GET", "/v1/session", token: nil).text.contains("turn:") == false)
    }
    try await Floor.run { floor async throws in
      #expect(try await Self.signIn("anna", "anna-secret", floor).text.contains("iceServers") == false)
    }
  }

  @Test("A9 a wrong name and a wrong password look the same, and after five there is a pause") func guessing()
    async throws
  {
    try await Floor.run { floor async throws in
      let wrong = try await Self.signIn("anna", "guess", floor)
      let unknown = try await Self.signIn("nobody", "nobody", floor)
      #expect(wrong.status == 401 && wrong.body == unknown.body)
      #expect(try wrong.problem().type == "urn:earshot:problem:wrong-credentials")
      for _ in 0..<4 { _ = try await Self.signIn("anna", "guess", floor) }
      // Five failures by this name from this address: also the right password has to wait. Others needn't.
      let refused = try await Self.signIn("anna", "anna-secret", floor)
      #expect(refused.status == 429 && refused.headers["retry-after"] == "60")
      floor.clock.advance(by: .seconds(59))
      #expect(try await Self.signIn("carl", "carl-secret", floor).status == 200)
      #expect(try await Self.signIn("anna", "anna-secret", floor).headers["retry-after"] == "1")
      floor.clock.advance(by: .seconds(1))
      #expect(try await Self.signIn("anna", "anna-secret", floor).status == 200)
      let metrics = try await floor.request("GET", "/metrics").text
      #expect(metrics.contains("earshot_http_sign_in_failures_total 6\n"))
      #expect(metrics.contains("earshot_http_sign_ins_refused_total 2\n"))
    }
  }

  @Test("A9 nobody keeps somebody out by a few failures in his name from elsewhere") func failuresElsewhere()
    async throws
  {
    try await Floor.run(proxies: ["127.0.0.1"]) { floor async throws in
      func status(_ name: String, _ password: String, _ host: String) async throws -> Int {
        try await Self.signIn(name, password, floor, headers: ["X-Forwarded-For": host]).status
      }
      for _ in 0..<5 { #expect(try await status("anna", "guess", "192.0.2.1") == 401) }
      #expect(try await status("anna", "anna-secret", "192.0.2.1") == 429)
      #expect(try await status("anna", "anna-secret", "192.0.2.2") == 200)
      // One subscriber has all addresses of an IPv6 network of 64 bits.
      for host in 1...5 { #expect(try await status("carl", "guess", "2001:db8:0:1:\(host)::1") == 401) }
      #expect(try await status("carl", "carl-secret", "2001:db8:0:1::9") == 429)
      #expect(try await status("carl", "carl-secret", "2001:db8:0:2::9") == 200)
    }
  }

  @Test("A9 many failures from one place stop it for every name, very many by one name stop it everywhere")
  func crowds() throws {
    let time = Lock<Int64>(0)
    let gate = SignInGuard(now: { Moment(wall: 0, uptime: time.withLock { $0 }) })
    for number in 0..<20 {
      #expect(gate.wait(name: "anna", address: "192.0.2.1") == nil)
      gate.failed(name: "n\(number)", address: "192.0.2.1")
    }
    #expect(gate.wait(name: "anna", address: "192.0.2.1") == 60)
    #expect(gate.wait(name: "anna", address: "::ffff:192.0.2.1") == 60)
    #expect(gate.wait(name: "anna", address: "192.0.2.2") == nil)
    for number in 0..<50 {
      #expect(gate.wait(name: "anna", address: "2001:db8::1") == nil)
      gate.failed(name: "anna", address: "198.51.100.\(number)")
    }
    #expect(gate.wait(name: "anna", address: "2001:db8::1") == 60)
    #expect(gate.wait(name: "carl", address: "2001:db8::1") == nil)
    time.withLock { $0 = 59_001 }
    #expect(gate.wait(name: "anna", address: "2001:db8::1") == 1)
    time.withLock { $0 = 60_000 }
    #expect(gate.wait(name: "anna", address: "192.0.2.1") == nil)
  }

  @Test("A9 over TLS the cookie is of this host alone, and one that a neighbour has set isn't read")
  func hostCookie() async throws {
    try await Floor.run(proxies: ["127.0.0.1"]) { floor async throws in
      let secure = ["X-Forwarded-Proto": "https", "X-Forwarded-Host": "earshot.example"]
      let answer = try await Self.signIn("anna", "anna-secret", floor, headers: secure)
      let setting = try #require(answer.headers["set-cookie"])
      #expect(
        setting.wholeMatch(
          of: /__Host-earshot=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/; Secure/) != nil)
      let own = String(try #require(setting.split(separator: ";").first))
      let foreign = try await Self.cookie("carl", floor)
      func user(_ cookie: String) async throws -> RawAnswer {
        try await floor.request(
          "GET", "/v1/session", headers: secure.merging(["Cookie": cookie]) { a, _ in a }, token: nil)
      }
      #expect(try await user(foreign + "; " + own).text.contains(#""user":"anna""#))
      #expect(try await user(foreign).status == 401)
      #expect(try await Self.get("/v1/session", own, floor).status == 401)
      let out = try await floor.request(
        "DELETE", "/v1/session",
        headers: secure.merging(["Cookie": own, "Origin": "https://earshot.example"]) { a, _ in a },
        token: nil)
      #expect(
        out.headers["set-cookie"]
          == "__Host-earshot=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/; Secure")
      #expect(try await user(own).status == 401)
    }
  }

  @Test("A9 a session ends after an hour without use, and after twelve with it") func expiry() async throws {
    try await Floor.run { floor async throws in
      let cookie = try await Self.cookie("anna", floor)
      floor.clock.advance(by: .seconds(3599))
      #expect(try await Self.get("/v1/session", cookie, floor).status == 200)
      floor.clock.advance(by: .seconds(3600))
      let late = try await Self.get("/v1/session", cookie, floor)
      #expect(late.status == 401 && late.text.contains("Sign in again"))
      let other = try await Self.cookie("anna", floor)
      for _ in 0..<23 {
        floor.clock.advance(by: .seconds(1800))
        #expect(try await Self.get("/v1/session", other, floor).status == 200)
      }
      floor.clock.advance(by: .seconds(1800))
      #expect(try await Self.get("/v1/session", other, floor).status == 401)
      #expect(
        try await floor.request("GET", "/metrics").text.contains("earshot_http_expired_sessions_total 2\n"))
    }
  }

  @Test("A9 a cookie changes nothing for a page of another site, a token does from anywhere") func forgery()
    async throws
  {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let cookie = try await Self.cookie("anna", floor)
      func note(_ headers: [String: String]) async throws -> RawAnswer {
        try await floor.request(
          "POST", "/v1/calls/c1/notes", headers: headers.merging(["Cookie": cookie]) { a, _ in a },
          body: #"{"text":"noted"}"#, token: nil)
      }
      let foreign: [[String: String]] = [
        [:], ["Origin": "http://evil.example"], ["Origin": "null"], ["Origin": "https://earshot"],
        ["Origin": "http://earshot:8080"], ["Origin": "http://earshot.evil.example"],
      ]
      for headers in foreign {
        let answer = try await note(headers)
        #expect(answer.status == 403, "\(headers)")
        #expect(try answer.problem().type == "urn:earshot:problem:wrong-origin")
      }
      // `Floor.request` asks for the host 'earshot'.
      #expect(try await note(["Origin": "http://earshot"]).status == 201)
      let byToken = try await floor.request(
        "POST", "/v1/calls/c1/notes", headers: ["Origin": "http://evil.example"], body: #"{"text":"noted"}"#)
      #expect(byToken.status == 201)
      let forced = try await Self.signIn(
        "carl", "carl-secret", floor, headers: ["Origin": "http://evil.example"])
      #expect(forced.status == 403 && forced.headers["set-cookie"] == nil)
      #expect(
        try await floor.request("GET", "/metrics").text.contains("earshot_http_wrong_origins_total 7\n"))
    }
  }

  @Test("A9 a WebSocket by cookie needs the origin of our own page, and ends with the sign-out")
  func sockets()
    async throws
  {
    try await Floor.run { floor async throws in
      let cookie = try await Self.cookie("anna", floor)
      for origin in ["http://evil.example", "https://earshot.example"] {
        let refused = try await PageSocket.open(
          floor, "/v1/events", headers: ["Cookie": cookie, "Origin": origin])
        #expect(refused.answer.status == 403)
      }
      let headers = [
        "Cookie": cookie, "Origin": "http://earshot.example", "Sec-WebSocket-Protocol": "earshot.v1",
      ]
      let socket = try #require(try await PageSocket.open(floor, "/v1/events", headers: headers).socket)
      guard case .text(let first) = await socket.next() else {
        Issue.record("no snapshot")
        return
      }
      #expect(first.contains(#""type":"snapshot""#))
      #expect(try await floor.request("GET", "/metrics").text.contains("earshot_http_websockets 1\n"))
      let out = try await floor.request(
        "DELETE", "/v1/session", headers: ["Cookie": cookie, "Origin": "http://earshot"], token: nil)
      #expect(out.status == 204)
      #expect(out.headers["set-cookie"] == "earshot=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/")
      guard case .close(4401, _) = await socket.closed() else {
        Issue.record("the socket stays open")
        return
      }
      #expect(try await PageSocket.open(floor, "/v1/events", headers: headers).answer.status == 401)
    }
  }

  @Test("A9 an open page keeps its session in use, but not beyond twelve hours") func longDay() async throws {
    // A clock of its own for the beats: only the session waits here.
    try await Floor.run { floor async throws in
      let cookie = try await Self.cookie("anna", floor)
      let headers = ["Cookie": cookie, "Origin": "http://earshot.example"]
      let socket = try #require(try await PageSocket.open(floor, "/v1/events", headers: headers).socket)
      _ = await socket.next()
      // The feed's beat and the session's end.
      await floor.clock.sleepers(2)
      floor.clock.advance(by: .seconds(11 * 3600))
      #expect(try await Self.get("/v1/session", cookie, floor).status == 200)
      floor.clock.advance(by: .seconds(3600))
      guard case .close(4401, _) = await socket.closed() else {
        Issue.record("the socket stays open")
        return
      }
    }
  }

  @Test("A3 whoever leaves the directory is signed out") func removed() async throws {
    try await Floor.run { floor async throws in
      let cookie = try await Self.cookie("anna", floor)
      floor.directory.revoke("anna-token")
      #expect(try await Self.get("/v1/session", cookie, floor).status == 401)
      #expect(try await floor.request("GET", "/metrics").text.contains("earshot_http_sessions 0\n"))
    }
  }

  @Test("D2 a user may have so many WebSockets, and all together so many") func socketLimit() async throws {
    try await Floor.run(sockets: (user: 2, total: 3)) { floor async throws in
      func open(_ token: String) async throws -> (socket: PageSocket?, answer: RawAnswer) {
        let opened = try await PageSocket.open(
          floor, "/v1/events", headers: ["Authorization": "Bearer \(token)"])
        // Counted once it is served.
        if let socket = opened.socket { _ = await socket.next() }
        return opened
      }
      let first = try await open("anna-token")
      let second = try await open("anna-token")
      let third = try await open("anna-token")
      #expect(third.answer.status == 429 && third.answer.headers["retry-after"] == "5")
      #expect(try third.answer.problem().type == "urn:earshot:problem:too-many-sockets")
      let other = try await open("carl-token")
      #expect(other.answer.status == 101)
      #expect(try await open("eve-token").answer.status == 429)
      #expect(
        try await floor.request("GET", "/metrics").text.contains("earshot_http_websockets_refused_total 2\n"))
      withExtendedLifetime((first, second, other)) {}
    }
  }

  @Test("D2 what a proxy says is believed of trusted ones only") func proxies() async throws {
    let trusted = TrustedProxies([IPNetwork("127.0.0.1"), IPNetwork("10.0.0.0/8")].compactMap(\.self))
    var request = HTTPRequest(method: .get, path: "/", peer: "10.1.2.3:5000")
    request.headers.host = "inside"
    request.headers.forwardedFor = "6.6.6.6, 192.0.2.7, 10.9.9.9"
    request.headers.forwardedProto = "https"
    request.headers.forwardedHost = "earshot.example.com"
    let seen = trusted.unwrapped(request)
    #expect(seen.address == "192.0.2.7" && seen.isSecure && seen.ownOrigin == "https://earshot.example.com")
    request.peer = "192.0.2.99:5000"
    let stranger = trusted.unwrapped(request)
    #expect(stranger.address == "192.0.2.99" && !stranger.isSecure && stranger.ownOrigin == "http://inside")
    request.peer = "[::ffff:10.0.0.1]:5000"
    request.headers.forwardedFor = "2001:db8::1"
    #expect(trusted.unwrapped(request).address == "2001:db8::1")
    request.headers.forwardedFor = "nonsense"
    #expect(trusted.unwrapped(request).address == "::ffff:10.0.0.1")
  }
}
