import CallControl
import Foundation
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct BrowserSupervisionTests {
  private static func start(_ floor: Floor, mode: String = "whisper") async throws -> SupervisionDocument {
    await floor.desk.put(Floor.call("c1"))
    let answer = try await floor.request(
      "POST", "/v1/calls/c1/supervisions",
      body: #"{"mode":"\#(mode)","device":{"webrtc":{"offer":"v=0\r\no=-"}}}"#)
    #expect(answer.status == 201)
    return try JSONDecoder().decode(SupervisionDocument.self, from: answer.body)
  }

  @Test("W1 a browser's offer is answered in the same request") func offer() async throws {
    try await Floor.run { floor async throws in
      #expect(try await Self.start(floor).answer == "answer to v=0\r\no=-")
      #expect(await floor.desk.requests.map(\.device) == [.webRTC(offer: "v=0\r\no=-")])
      let later = try await floor.request("GET", "/v1/supervisions/s1")
      #expect(later.text.contains(#""spentMs":{}"#) && later.text.contains(#""talks":true"#))
    }
  }

  @Test("M2 M9 push-to-talk and loudness are changed by PATCH, one thing at a time") func change()
    async throws
  {
    try await Floor.run { floor async throws in
      _ = try await Self.start(floor)
      func patch(_ body: String) async throws -> RawAnswer {
        try await floor.request("PATCH", "/v1/supervisions/s1", body: body)
      }
      #expect(try await patch(#"{"talks":false}"#).text.contains(#""talks":false"#))
      #expect(try await patch(#"{"gains":{"p1":-6.5,"p2":12}}"#).status == 200)
      #expect(await floor.desk.gains == [ParticipantID(1): -6.5, ParticipantID(2): 12])
      #expect(try await patch(#"{"mode":"listen"}"#).text.contains(#""mode":"listen""#))
      #expect(try await patch(#"{"talks":true}"#).status == 409)
      let wrong = [
        #"{"talks":true,"gains":{"p1":0}}"#, #"{"talks":true,"mode":"barge"}"#, #"{"talks":1}"#, "{}",
        #"{"gains":{"p1":-41}}"#, #"{"gains":{"p1":12.1}}"#, #"{"gains":{"x":0}}"#, #"{"gains":{"p0":0}}"#,
        #"{"gains":{"p1":"loud"}}"#, #"{"gains":{}}"#, #"{"gains":[]}"#,
      ]
      for body in wrong { #expect(try await patch(body).status == 400, "\(body)") }
    }
  }

  @Test("M10 cues and notes are written by POST, and shown with the call") func texts() async throws {
    try await Floor.run { floor async throws in
      _ = try await Self.start(floor)
      func post(_ path: String, _ text: String) async throws -> Int {
        try await floor.request("POST", path, body: #"{"text":"\#(text)"}"#).status
      }
      #expect(try await post("/v1/supervisions/s1/cues", "Offer a discount") == 201)
      #expect(try await post("/v1/calls/c1/notes", "Was patient") == 201)
      #expect(try await post("/v1/calls/c2/notes", "Nobody") == 404)
      #expect(try await post("/v1/supervisions/s1/cues", String(repeating: "ü", count: 500)) == 201)
      #expect(try await post("/v1/supervisions/s1/cues", String(repeating: "x", count: 501)) == 422)
      #expect(try await post("/v1/supervisions/s1/cues", "   ") == 422)
      #expect(try await post("/v1/calls/c1/notes", String(repeating: "x", count: 2001)) == 422)
      let call = try JSONDecoder().decode(
        CallDocument.self, from: try await floor.request("GET", "/v1/calls/c1").body)
      #expect(call.notes.map(\.text) == ["Was patient"] && call.notes.first?.authorName == "Anna")
      #expect(call.cues.map(\.number) == [1, 2] && call.cues.first?.to == "p2" && call.answeredMs == 4000)
    }
  }

  @Test("Q1 M12 flags tell from when on a call needs a look, the hand first") func flags() throws {
    var call = Floor.call("c1")
    call.hand = RaisedHand(agent: Floor.agent, word: "price", since: Floor.now)
    call.heldSince = Floor.now
    let document = CallDocument(call, at: Floor.now, policy: Policy())
    #expect(document.flags.map(\.kind) == ["help-asked", "long-hold", "long-call"])
    #expect(document.flags[1].at == "2026-05-04T09:09:07.006Z")
    #expect(document.flags[0].reason.contains("price") && document.hand?.agent == "p2")
    #expect(document.heldSince == "2026-05-04T09:08:07.006Z")
  }

  @Test("W1 the loudness of his own sessions comes beside the events, without a number") func levels()
    async throws
  {
    try await Floor.run { floor async throws in
      await floor.desk.put(LevelReading(call: CallID("c1"), levels: [Floor.customer: -23.46]))
      let opened = try await PageSocket.open(
        floor, "/v1/events", headers: ["Authorization": "Bearer anna-token"])
      let socket = try #require(opened.socket)
      var texts: [String] = []
      for _ in 0..<2 { if case .text(let text) = await socket.next() { texts.append(text) } }
      #expect(texts.contains(#"{"call":"c1","levels":{"p1":-23.5},"type":"levels"}"#))
      #expect(texts.contains { $0.contains(#""type":"snapshot""#) })
    }
  }
}
