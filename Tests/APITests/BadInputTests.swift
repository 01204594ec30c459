import Foundation
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct BadInputTests {
  struct BadBody: Sendable, CustomTestStringConvertible {
    var body: String
    var detail: String
    var status = 400
    var testDescription: String { body }
  }

  private static let device = #""device":{"sip":"sip:a@b"}"#

  @Test(
    "D1 a body that can't be used is answered with what is wrong and where",
    arguments: [
      BadBody(body: "", detail: "The body isn't JSON: the text ends where a value should be at byte 0."),
      BadBody(body: #"{"mode":"listen","#, detail: "a key in quotes is missing at byte 17"),
      BadBody(body: #"{"mode":listen}"#, detail: "no value begins like this at byte 8"),
      BadBody(body: #"{"mode":"a","mode":"b"}"#, detail: "the key 'mode' comes twice at byte 12"),
      BadBody(body: "[1]", detail: "The body is a list. Send an object"),
      BadBody(body: "{\(device)}", detail: "'mode' is missing."),
      BadBody(body: #"{"mode":7,\#(device)}"#, detail: "'mode' is a number, but must be a string."),
      BadBody(
        body: #"{"mode":"spy",\#(device)}"#,
        detail: "'mode' is 'spy', but must be one of listen, whisper, barge, takeover."),
      BadBody(body: #"{"mode":"listen"}"#, detail: "'device' is missing."),
      BadBody(body: #"{"mode":"listen","device":{}}"#, detail: "'device.sip' is missing."),
      BadBody(body: #"{"mode":"listen","device":{"sip":1}}"#, detail: "'device.sip' is a number"),
      BadBody(
        body: #"{"mode":"listen","device":{"sip":"sip:a@b","pin":1}}"#,
        detail: "The key 'device.pin' is unknown here. Known are 'device.sip', 'device.webrtc'."),
      BadBody(body: #"{"mode":"listen",\#(device),"volume":3}"#, detail: "The key 'volume' is unknown here."),
      BadBody(
        body: #"{"mode":"listen","device":{"sip":"sip:an na"}}"#, detail: "'sip:an na' is no SIP URI",
        status: 422),
      BadBody(
        body: #"{"mode":"listen","device":{"webrtc":{"offer":"v=0"},"sip":"sip:a@b"}}"#,
        detail: "'device' names two devices."),
      .init(
        body: #"{"mode":"listen","device":{"webrtc":{}}}"#, detail: "'device.webrtc.offer' is missing."),
      .init(
        body: #"{"mode":"listen","device":{"webrtc":{"offer":"v=0","candidates":[]}}}"#,
        detail: "The key 'device.webrtc.candidates' is unknown here. Known are 'device.webrtc.offer'."),
    ]) func body(_ bad: BadBody) async throws
  {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let answer = try await floor.request("POST", "/v1/calls/c1/supervisions", body: bad.body)
      #expect(answer.status == bad.status)
      #expect(answer.headers["content-type"] == "application/problem+json")
      let problem = try answer.problem()
      #expect(problem.detail.contains(bad.detail))
      #expect(await floor.desk.requests.isEmpty)
    }
  }

  @Test("D1 a body that isn't declared as JSON is 415") func mediaType() async throws {
    try await Floor.run { floor async throws in
      let answer = try await floor.request(
        "POST", "/v1/calls/c1/supervisions", headers: ["Content-Type": "text/plain"], body: "{}")
      #expect(answer.status == 415)
      let fine = try await floor.request(
        "POST", "/v1/calls/c1/supervisions", headers: ["Content-Type": "Application/JSON ; charset=utf-8"],
        body: "{}")
      #expect(fine.status == 400)
    }
  }

  struct Denial: Sendable {
    var refusal: Refusal
    var status: Int
    var slug: String
  }

  @Test(
    "D1 each refusal has one status and one type",
    arguments: [
      Denial(refusal: .noCallForAgent, status: 404, slug: "no-call-for-agent"),
      Denial(refusal: .notPermitted(.barge), status: 403, slug: "not-permitted"),
      Denial(refusal: .alreadySupervising, status: 409, slug: "already-supervising"),
      Denial(refusal: .alreadyTakenOver, status: 409, slug: "already-taken-over"),
      Denial(refusal: .callNotActive, status: 409, slug: "call-not-active"),
      Denial(refusal: .deviceBusy, status: 409, slug: "device-busy"),
      Denial(refusal: .statementMissing("purpose"), status: 422, slug: "statement-missing"),
      Denial(refusal: .noCommonCodec, status: 422, slug: "no-common-codec"),
      Denial(refusal: .auditUnavailable, status: 503, slug: "audit-unavailable"),
      Denial(refusal: .noResources("no port"), status: 503, slug: "no-resources"),
      Denial(refusal: .overloaded, status: 503, slug: "overloaded"),
    ]) func refusal(_ denial: Denial) async throws
  {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      await floor.desk.refuseNext(denial.refusal)
      let answer = try await floor.request(
        "POST", "/v1/calls/c1/supervisions", body: #"{"mode":"listen",\#(Self.device)}"#)
      #expect(answer.status == denial.status)
      let problem = try answer.problem()
      #expect(problem.type == "urn:earshot:problem:" + denial.slug)
      #expect(problem.detail == denial.refusal.explanation)
      #expect(problem.instance == "/v1/calls/c1/supervisions")
      #expect((answer.headers["retry-after"] != nil) == (denial.status == 503))
    }
  }

  @Test("A1 a mode without the right is 403, a session of another is 404") func rights() async throws {
    try await Floor.run { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let denied = try await floor.request(
        "POST", "/v1/calls/c1/supervisions", body: #"{"mode":"barge",\#(Self.device)}"#, token: "carl-token")
      #expect(denied.status == 403)
      #expect(try denied.problem().detail.contains("'barge'"))
      let opened = try await floor.client("carl-token").supervise("c1", .init(mode: .listen, sip: "sip:c@d"))
      let up = try await floor.request(
        "PATCH", "/v1/supervisions/\(opened.id)", body: #"{"mode":"whisper"}"#, token: "carl-token")
      #expect(up.status == 403)
      #expect(try await floor.request("GET", "/v1/supervisions/\(opened.id)").status == 404)
      #expect(try await floor.request("DELETE", "/v1/supervisions/none").status == 404)
      #expect(try await floor.request("GET", "/v1/audit", token: "carl-token").status == 403)
    }
  }

  @Test("A9 without a good token nothing is told") func authentication() async throws {
    try await Floor.run { floor async throws in
      for path in ["/v1/calls", "/v1/calls/c1", "/v1/supervisions/s1", "/v1/audit", "/v1/events"] {
        let nobody = try await floor.request("GET", path, token: nil)
        #expect(nobody.status == 401 && nobody.headers["www-authenticate"] == #"Bearer realm="earshot""#)
        let wrong = try await floor.request("GET", path, token: "guess")
        #expect(wrong.status == 401)
        #expect(wrong.headers["www-authenticate"]?.hasSuffix(#"error="invalid_token""#) == true)
      }
      let basic = try await floor.request(
        "GET", "/v1/calls", headers: ["Authorization": "Basic YTpi"], token: nil)
      #expect(basic.status == 401)
      let inURL = try await floor.request("GET", "/v1/calls?token=anna-token", token: nil)
      #expect(inURL.status == 401)
    }
  }

  @Test(
    "D1 a wrong parameter is named",
    arguments: [
      ("/v1/audit?from=yesterday", "'from' is 'yesterday'"), ("/v1/audit?limit=0", "within 1...1000"),
      ("/v1/audit?limit=5000", "within 1...1000"), ("/v1/audit?before=-1", "'before' is '-1'"),
      ("/v1/audit?colour=red", "'colour' is unknown here"), ("/v1/audit?call=a&call=b", "'call' comes twice"),
      ("/v1/calls?queue=x", "'queue' is unknown here"),
    ]) func parameter(_ path: String, _ detail: String) async throws
  {
    try await Floor.run { floor async throws in
      let answer = try await floor.request("GET", path)
      #expect(answer.status == 400)
      #expect(try answer.problem().detail.contains(detail), "\(answer.text)")
    }
  }

  @Test("D1 a path that isn't there is 404") func unknownPath() async throws {
    try await Floor.run { floor async throws in
      for path in ["/nothing", "/v1", "/v2/calls", "/v1/calls/c1/other", "/..%2f..%2fetc/passwd"] {
        let answer = try await floor.request("GET", path)
        #expect(answer.status == 404)
        #expect(try answer.problem().type == "urn:earshot:problem:unknown-path")
      }
    }
  }
}
