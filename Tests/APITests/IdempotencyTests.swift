import Foundation
import Locking
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct IdempotencyTests {
  private static let body = #"{"mode":"listen","device":{"sip":"sip:a@b"}}"#
  private static let path = "/v1/calls/c1/supervisions"

  private func post(
    _ floor: Floor, key: String?, body: String = Self.body, token: String = "anna-token"
  ) async throws -> RawAnswer {
    try await floor.request(
      "POST", Self.path, headers: key.map { ["Idempotency-Key": $0] } ?? [:], body: body, token: token)
  }

  @Test("D1 the same key gives the first answer and acts once") func repeated() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let first = try await post(floor, key: "k1")
      let second = try await post(floor, key: "k1")
      #expect(first.status == 201 && second.status == 201)
      #expect(first.body == second.body && second.headers["location"] == first.headers["location"])
      #expect(
        first.headers["idempotency-replayed"] == nil && second.headers["idempotency-replayed"] == "true")
      #expect(await floor.desk.requests.count == 1)
      #expect(try await post(floor, key: "k2").body != first.body)
      #expect(try await post(floor, key: nil).headers["idempotency-replayed"] == nil)
      #expect(await floor.desk.requests.count == 3)
    }
  }

  @Test("D1 a key with another body is 422, of another principal it is another key") func reused()
    async throws
  {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      _ = try await post(floor, key: "k1")
      let other = try await post(floor, key: "k1", body: Self.body + " ")
      #expect(other.status == 422)
      #expect(try other.problem().type == "urn:earshot:problem:idempotency-key-reused")
      let carl = try await post(floor, key: "k1", token: "carl-token")
      #expect(carl.status == 201 && carl.headers["idempotency-replayed"] == nil)
    }
  }

  @Test("D1 the same request twice at once acts once") func concurrent() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.hold()
      async let first = post(floor, key: "k1")
      await floor.desk.arrival()
      async let second = post(floor, key: "k1")
      await floor.desk.release()
      let answers = try await [first, second]
      #expect(answers.map(\.status) == [201, 201])
      // Whether the second came before the first was answered or after: it is told the same, and nothing is done twice.
      #expect(answers[0].body == answers[1].body)
      #expect(await floor.desk.requests.count == 1)
    }
  }

  @Test("D1 a repeated request waits for the answer to the first") func waits() async throws {
    let answers = IdempotentAnswers(now: { Floor.now })
    let gate = Gate()
    var request = HTTPRequest(method: .post, path: "/p")
    request.headers.idempotencyKey = "k1"
    let key = try IdempotentAnswers.Key(request, principal: Floor.principal("anna", []))
    async let first = answers.answer(key, body: Data()) {
      await gate.pass()
      return HTTPResponse(status: 201)
    }
    await gate.arrival()
    async let second = answers.answer(key, body: Data()) { HTTPResponse(status: 202) }
    while await answers.waiting == 0 { await Task.yield() }
    await gate.open()
    #expect(try await [first.status, second.status] == [201, 201])
  }

  @Test("D1 what failed on our side may be tried again with the same key") func retried() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.refuseNext(.auditUnavailable)
      #expect(try await post(floor, key: "k1").status == 503)
      #expect(try await post(floor, key: "k1").status == 201)
      await floor.desk.refuseNext(.deviceBusy)
      #expect(try await post(floor, key: "k2").status == 409)
      #expect(try await post(floor, key: "k2").status == 409)
    }
  }

  @Test("D1 a key that is empty, too long or no ASCII is 400") func badKey() async throws {
    try await Floor.run { floor async throws in
      #expect(try await post(floor, key: String(repeating: "k", count: 256)).status == 400)
      #expect(try await post(floor, key: "schlüssel").status == 400)
    }
  }

  @Test("D1 a body is told from another of the same length and beginning, and an empty one is one")
  func bodies()
    async throws
  {
    let answers = IdempotentAnswers(now: { Floor.now })
    func status(_ key: String, _ body: Data, answer: Int) async throws -> Int {
      var request = HTTPRequest(method: .post, path: "/p")
      request.headers.idempotencyKey = key
      let key = try IdempotentAnswers.Key(request, principal: Floor.principal("anna", []))
      return try await answers.answer(key, body: body) { HTTPResponse(status: answer) }.status
    }
    let long = Data(repeating: 0x61, count: 60_000)
    #expect(try await status("a", long, answer: 201) == 201)
    #expect(try await status("a", long, answer: 202) == 201)
    await #expect(throws: Problem.self) { try await status("a", long.dropLast() + [0x62], answer: 203) }
    #expect(try await status("b", Data(), answer: 201) == 201)
    #expect(try await status("b", Data(), answer: 202) == 201)
    await #expect(throws: Problem.self) { try await status("b", Data([0]), answer: 203) }
  }

  @Test("D1 answers are kept for 24 hours, and only so many") func bounded() async throws {
    let time = Lock<Int64>(0)
    let answers = IdempotentAnswers(
      now: { Moment(wall: 0, uptime: time.withLock { $0 }) }, capacity: (user: 2, total: 3))
    func status(_ key: String, user: String = "anna", answer: Int) async throws -> Int {
      var request = HTTPRequest(method: .post, path: "/p")
      request.headers.idempotencyKey = key
      let key = try IdempotentAnswers.Key(request, principal: Floor.principal(user, []))
      time.withLock { $0 += 1 }
      return try await answers.answer(key, body: Data()) { HTTPResponse(status: answer) }.status
    }
    #expect(try await status("a", answer: 201) == 201)
    #expect(try await status("a", answer: 202) == 201)
    #expect(try await status("b", answer: 201) == 201)
    #expect(try await status("c", answer: 201) == 201)
    #expect(try await status("a", answer: 203) == 203)  // made room for c
    #expect(try await status("z", user: "carl", answer: 201) == 201)
    #expect(try await status("c", answer: 204) == 201)  // another user's keys don't push it out
    time.withLock { $0 += 24 * 3_600_000 }
    #expect(try await status("c", answer: 205) == 205)
  }
}
