import Foundation
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct RESTTests {
  @Test("D1 calls in scope are listed, oldest first, with who hears whom") func calls() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.put(Floor.call("foreign", tenant: "other"))
      let calls = try await floor.client().calls()
      #expect(calls.map(\.id) == ["c1"])
      let call = try #require(calls.first)
      #expect(call.phase == "answered" && call.queue == "support" && call.agents == ["201"])
      #expect(call.created == "2026-05-04T09:08:02.006Z")
      #expect(call.answered == "2026-05-04T09:08:03.006Z")
      #expect(call.durationMs == 5000)
      #expect(call.handler == "p2" && call.heldBy == ["p2"])
      #expect(call.participants.map(\.onHold) == [true, false])
      #expect(call.matrix.contains(.init(medium: "voice", from: "player", to: "p1")))
    }
  }

  @Test("A2 A10 a call out of scope can't be told from none") func scope() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1", queue: "sales"))
      for (token, path) in [("carl-token", "c1"), ("eve-token", "c1"), ("anna-token", "none")] {
        let answer = try await floor.request("GET", "/v1/calls/\(path)", token: token)
        #expect(answer.status == 404)
        let problem = try answer.problem()
        #expect(problem.type == "urn:earshot:problem:unknown-call")
        #expect(problem.instance == "/v1/calls/\(path)")
      }
      #expect(try await floor.client().call("c1").id == "c1")
    }
  }

  @Test("D1 a session is opened, shown, switched and ended") func session() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let client = floor.client()
      let opened = try await client.supervise(
        "c1", .init(mode: .listen, sip: "sip:anna@example.com", target: "201", purpose: "training"))
      #expect(opened.mode == "listen" && opened.call == "c1" && opened.supervisor == "anna")
      #expect(try await client.supervision(opened.id) == opened)
      #expect(try await client.changeMode(of: opened.id, to: .whisper, reason: "help").mode == "whisper")
      try await client.end(opened.id)
      let ended = try await client.supervision(opened.id)
      #expect(ended.phase == "ended" && ended.endReason == "left")

      let request = try #require(await floor.desk.requests.first)
      #expect(request.device == .sip(uri: "sip:anna@example.com"))
      #expect(request.target == "201" && request.purpose == "training")
      #expect(request.origin.channel == "rest" && request.origin.client == "earshot")
      #expect(request.origin.address.hasPrefix("127.0.0.1:"))
    }
  }

  @Test("D1 S8 a third is called into a call: 202, 409 or 404") func participants() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      try await floor.client().invite("ben", to: "c1")
      #expect(await floor.desk.invited == ["ben"])
      let path = "/v1/calls/c1/participants"
      let blank = try await floor.request("POST", path, body: "{}")
      #expect(blank.status == 422 || blank.status == 400)
      let unknown = try await floor.request(
        "POST", "/v1/calls/none/participants", body: "{\"number\":\"ben\"}")
      #expect(unknown.status == 404)
    }
  }

  @Test("D1 a new session is 201 with its place") func created() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let answer = try await floor.request(
        "POST", "/v1/calls/c1/supervisions", body: #"{"mode":"listen","device":{"sip":"sip:a@b"}}"#)
      #expect(answer.status == 201)
      #expect(answer.headers["location"] == "/v1/supervisions/s1")
      #expect(answer.headers["content-type"] == "application/json")
      let ended = try await floor.request("DELETE", "/v1/supervisions/s1")
      #expect(ended.status == 204 && ended.body.isEmpty)
    }
  }

  @Test("U5 the audit is filtered and paged") func audit() async throws {
    try await Floor.run { floor async throws in
      var entry = AuditEntry(
        tenant: TenantID("acme"), action: .modeChanged, time: Floor.now.wall, origin: .system, outcome: "done"
      )
      entry.mode = .whisper
      entry.spans = [ModeSpan(mode: .listen, from: 0, to: 900)]
      entry.proof = [PrivacyProof(mode: .listen, listener: .customer, address: "+49", samples: 0)]
      await floor.desk.put([
        AuditRecord(sequence: 9, hash: "ab", entry: entry),
        AuditRecord(sequence: 8, hash: "cd", entry: entry),
      ])
      let page = try await floor.client().audit([
        "limit": "1", "call": "c1", "supervisor": "anna", "agent": "201", "before": "12",
        "from": "2026-05-04T11:08:07.006+02:00", "until": "2026-05-04T10:00:00Z",
      ])
      #expect(page.entries.count == 1 && page.before == 9)
      let document = try #require(page.entries.first)
      #expect(document.action == "mode-changed" && document.time == "2026-05-04T09:08:07.006Z")
      #expect(document.spans == [.init(mode: "listen", fromMs: 0, toMs: 900)])
      #expect(document.proof.first?.samples == 0)
      let query = try #require(await floor.desk.queries.first)
      #expect(query.tenant == TenantID("acme") && query.call == CallID("c1") && query.agent == "201")
      #expect(query.from == Floor.now.wall && query.before == 12 && query.limit == 1)
    }
  }

  @Test("D6 health, readiness and metrics need no token") func probes() async throws {
    try await Floor.run(faults: ["The database isn't writable."]) { floor async throws in
      #expect(try await floor.request("GET", "/healthz", token: nil).status == 200)
      let ready = try await floor.request("GET", "/readyz", token: nil)
      #expect(ready.status == 503 && ready.text.contains("isn't writable"))
      let metrics = try await floor.request("GET", "/metrics", token: nil)
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(metrics.text.contains("# TYPE earshot_calls gauge\nearshot_calls 3\n"))
    }
    try await Floor.run { floor async throws in
      let ready = try await floor.request("GET", "/readyz", token: nil)
      #expect(ready.status == 200)
    }
  }

  @Test("D1 HEAD, OPTIONS and other methods") func methods() async throws {
    try await Floor.run { floor async throws in
      let get = try await floor.request("GET", "/v1/calls")
      let head = try await floor.request("HEAD", "/v1/calls")
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(head.headers["content-length"] == get.headers["content-length"])
      let options = try await floor.request("OPTIONS", "/v1/supervisions/s1", token: nil)
      #expect(options.status == 204 && options.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH")
      let put = try await floor.request("PUT", "/v1/calls", body: "{}")
      #expect(put.status == 405 && put.headers["allow"] == "GET, HEAD, OPTIONS")
      #expect(try put.problem().type == "urn:earshot:problem:method-not-allowed")
    }
  }

  @Test("D1 the client says who isn't there, and who isn't let in") func clientErrors() async throws {
    try await Floor.run { floor async throws in
      let error = await #expect(throws: APIClientError.self) { try await floor.client("wrong").calls() }
      #expect(error?.description.contains("token") == true)
    }
    let nobody = APIClient(server: URL(string: "http://127.0.0.1:1")!, token: "t")
    let error = await #expect(throws: APIClientError.self) { try await nobody.calls() }
    #expect(error?.description.hasPrefix("Earshot isn't reachable at http://127.0.0.1:1") == true)
  }
}
