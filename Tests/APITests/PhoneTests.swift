import Foundation
import Locking
import Supervision
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct PhoneTests {
  private static let ben = DialTarget.user(TenantID("acme"), UserID("ben"))
  private static let caller = CallerIdentity(user: "+4930123", name: "Mr Schneider")
  private static let leg = LegID(1 << 62 + 2)
  private static let legText = "4611686018427387906"

  /// An open page, and what the calls are told.
  private struct Page {
    var floor: Floor
    var socket: PageSocket
    var events: AsyncStream<SignallingEvent>.Iterator
  }

  private static func open(_ floor: Floor, token: String = "ben-token") async throws -> PageSocket {
    let opened = try await PageSocket.open(
      floor, "/v1/phone", headers: ["Authorization": "Bearer \(token)", "User-Agent": "browser"])
    let socket = try #require(opened.socket)
    _ = try await socket.message(.view)
    return socket
  }

  private static func run(_ body: (inout Page) async throws -> Void) async throws {
    try await Floor.run { floor async throws in
      let (events, continuation) = AsyncStream.makeStream(of: SignallingEvent.self)
      floor.phones.connect { continuation.yield($0) }
      var page = Page(floor: floor, socket: try await open(floor), events: events.makeAsyncIterator())
      try await body(&page)
    }
  }

  private static func ring(_ page: inout Page, timeout: Int = 30) async throws {
    page.floor.phones.perform(
      .dial(leg, ben, sdp: "offer", caller: caller, options: DialOptions(ringTimeout: timeout)))
    let ring = try await page.socket.message(.ring)
    #expect(ring.leg == legText && ring.offer == "offer" && ring.ringTimeout == timeout)
    #expect(ring.caller == .init(user: "+4930123", name: "Mr Schneider"))
    #expect(await page.events.next() == .progress(leg, status: 180, sdp: nil, source: "127.0.0.1"))
  }

  private static func answer(_ page: inout Page) async throws {
    await page.socket.send(#"{"type":"answer","leg":"\#(legText)","answer":"his answer"}"#)
    #expect(await page.events.next() == .answered(leg, sdp: "his answer", source: "127.0.0.1"))
  }

  @Test("W3 a page is rung, answers, holds by a new offer and hangs up") func incoming() async throws {
    try await Self.run { page async throws in
      let phones = page.floor.phones
      #expect(phones.transport(of: UserID("ben"), tenant: TenantID("acme")) == .webRTC)
      #expect(phones.transport(of: UserID("ben"), tenant: TenantID("other")) == .rtp)
      try await Self.ring(&page)
      try await Self.answer(&page)
      await page.socket.send(#"{"type":"offer","leg":"\#(Self.legText)","offer":"hold"}"#)
      #expect(await page.events.next() == .offered(Self.leg, sdp: "hold"))
      phones.perform(.answerOffer(Self.leg, sdp: "held"))
      let held = try await page.socket.message(.answer)
      #expect(held.leg == Self.legText && held.answer == "held")
      await page.socket.send(#"{"type":"offer","leg":"\#(Self.legText)","offer":"bad"}"#)
      #expect(await page.events.next() == .offered(Self.leg, sdp: "bad"))
      await page.socket.send(#"{"type":"offer","leg":"\#(Self.legText)","offer":"too soon"}"#)
      #expect(try await page.socket.message(.refused).title == "One offer at a time")
      phones.perform(.rejectOffer(Self.leg, .noCommonCodec))
      let refused = try await page.socket.message(.refused)
      #expect(refused.what == "offer" && refused.title == "No codec in common")
      await page.socket.send(#"{"type":"hangup","leg":"\#(Self.legText)"}"#)
      #expect(await page.events.next() == .ended(Self.leg, .normal))
      #expect(try await page.socket.message(.ended).leg == Self.legText)
      #expect(phones.counts == (1, 0))
    }
  }

  @Test("W3 a ring ends by the page, by the caller, or by the clock") func unanswered() async throws {
    try await Self.run { page async throws in
      let phones = page.floor.phones
      try await Self.ring(&page)
      await page.socket.send(#"{"type":"reject","leg":"\#(Self.legText)"}"#)
      #expect(await page.events.next() == .failed(Self.leg, SIPFailure(486, "Busy Here")))
      try await Self.ring(&page)
      phones.perform(.end(Self.leg, HangupReason(cause: 487, text: "The caller gave up")))
      #expect(try await page.socket.message(.stopRinging).reason == "The caller gave up")
      #expect(
        await page.events.next() == .ended(Self.leg, HangupReason(cause: 487, text: "The caller gave up")))
      try await Self.ring(&page, timeout: 7)
      // Two earlier timers are cancelled; this one sleeps.
      await page.floor.clock.sleepers(1)
      page.floor.clock.advance(by: .seconds(7))
      #expect(await page.events.next() == .failed(Self.leg, SIPFailure(408, "Request Timeout")))
      #expect(try await page.socket.message(.stopRinging).reason == "no answer")
      await page.socket.send(#"{"type":"answer","leg":"\#(Self.legText)","answer":"late"}"#)
      let late = try await page.socket.message(.refused)
      #expect(late.what == "answer" && late.leg == Self.legText && late.title == "No such leg")
      #expect(phones.counts == (1, 0))
    }
  }

  @Test("W3 a page dials, and is told how it goes on") func outgoing() async throws {
    try await Self.run { page async throws in
      let phones = page.floor.phones
      await page.socket.send(#"{"type":"dial","leg":"local-1","number":"+4930","offer":"my offer"}"#)
      let dialling = try await page.socket.message(.dialling)
      #expect(dialling.local == "local-1")
      let leg = LegID(try #require(dialling.leg.flatMap { UInt64($0) }))
      #expect(leg.value > 1 << 62 && leg.value % 2 == 1)
      #expect(
        await page.events.next()
          == .incoming(
            IncomingInvite(
              leg: leg, endpoint: .user(TenantID("acme"), UserID("ben")), requestUser: "+4930",
              caller: CallerIdentity(user: "ben", name: "Ben"), sdp: "my offer", headers: [:],
              sourceAddress: "127.0.0.1", client: "browser", transport: .webRTC)))
      phones.perform(.progress(leg, status: 180, sdp: nil))
      #expect(try await page.socket.message(.progress).status == 180)
      phones.perform(.answer(leg, sdp: "our answer"))
      #expect(try await page.socket.message(.answer).answer == "our answer")
      #expect(await page.events.next() == .acknowledged(leg))
      phones.perform(
        .end(leg, HangupReason(protocolName: "Q.850", cause: 16, text: "The other side hung up")))
      #expect(try await page.socket.message(.ended).reason == "The other side hung up")

      for number in 2...5 {
        await page.socket.send(#"{"type":"dial","leg":"local-\#(number)","number":"1","offer":"o"}"#)
      }
      let second = try await page.socket.message(.dialling)
      phones.perform(.refuse(LegID(UInt64(second.leg ?? "") ?? 0), .noRoute("1")))
      #expect(try await page.socket.message(.refused).title == "The number leads nowhere")
      #expect(try await page.socket.message(.ended).leg == second.leg)
    }
  }

  @Test("W3 a phone has four legs at most, and one who is away isn't rung") func limits() async throws {
    try await Self.run { page async throws in
      let phones = page.floor.phones
      for number in 1...5 {
        await page.socket.send(#"{"type":"dial","leg":"local-\#(number)","number":"1","offer":"o"}"#)
      }
      let refused = try await page.socket.message(.refused)
      #expect(refused.leg == "local-5" && refused.title == "Too many calls")
      for _ in 1...4 { _ = await page.events.next() }
      phones.perform(.dial(Self.leg, Self.ben, sdp: "o", caller: Self.caller, options: DialOptions()))
      #expect(await page.events.next() == .failed(Self.leg, SIPFailure(486, "Busy Here")))
      #expect(phones.counts == (1, 4))
      let nobody = DialTarget.user(TenantID("acme"), UserID("anna"))
      phones.perform(.dial(Self.leg, nobody, sdp: "o", caller: Self.caller, options: DialOptions()))
      #expect(await page.events.next() == .failed(Self.leg, SIPFailure(480, "Temporarily Unavailable")))
    }
    try await Self.run { page async throws in
      await page.socket.send(#"{"type":"away"}"#)
      // Handled in order: once this is refused, he is away.
      await page.socket.send(#"{"type":"hangup","leg":"1"}"#)
      _ = try await page.socket.message(.refused)
      page.floor.phones.perform(
        .dial(Self.leg, Self.ben, sdp: "o", caller: Self.caller, options: DialOptions()))
      #expect(await page.events.next() == .failed(Self.leg, SIPFailure(480, "Temporarily Unavailable")))
      await page.socket.send(#"{"type":"ready"}"#)
      await page.socket.send(#"{"type":"hangup","leg":"1"}"#)
      _ = try await page.socket.message(.refused)
      try await Self.ring(&page)
    }
  }

  @Test("S3 W3 a page that returns within ten seconds has its calls still; after that they are lost")
  func lost()
    async throws
  {
    try await Self.run { page async throws in
      let phones = page.floor.phones
      try await Self.ring(&page)
      try await Self.answer(&page)
      // The page is closed; the ring timer is cancelled, so only the grace sleeps.
      await page.socket.send([0x03, 0xE8], opcode: 8)
      await page.floor.clock.sleepers(1)
      #expect(phones.transport(of: UserID("ben"), tenant: TenantID("acme")) == .rtp)
      page.floor.clock.advance(by: .seconds(9))
      page.socket = try await Self.open(page.floor)
      await page.socket.send(#"{"type":"offer","leg":"\#(Self.legText)","offer":"from a new page"}"#)
      #expect(await page.events.next() == .offered(Self.leg, sdp: "from a new page"))
      await page.socket.send([0x03, 0xE8], opcode: 8)
      await page.floor.clock.sleepers(1)
      page.floor.clock.advance(by: .seconds(10))
      #expect(await page.events.next() == .lost(Self.leg, "the agent's page is gone"))
      #expect(phones.counts == (0, 0))
    }
  }

  @Test("W3 the page that opens last has the phone, and what rings there") func replaced() async throws {
    try await Self.run { page async throws in
      try await Self.ring(&page)
      let second = try await PageSocket.open(
        page.floor, "/v1/phone", headers: ["Authorization": "Bearer ben-token"])
      let socket = try #require(second.socket)
      #expect(try await page.socket.message(.replaced).leg == nil)
      guard case .close(4409, _) = await page.socket.closed() else {
        Issue.record("the old page stays open")
        return
      }
      #expect(try await socket.message(.ring).leg == Self.legText)
      page.socket = socket
      try await Self.answer(&page)
    }
  }

  @Test("A7b M10 M12 the page shows his view, and carries his hand and his consent") func view() async throws
  {
    try await Self.run { page async throws in
      let since = Floor.now
      await page.floor.agents.put(
        AgentView(calls: [
          AgentCall(
            id: CallID("c1"), leg: Self.leg, phase: .answered, direction: .inbound, queue: "support",
            campaign: nil, customerTier: "gold", otherName: "Mr Schneider", otherNumber: "+4930123",
            holds: false, isHeld: false, created: since, answered: since,
            monitoring: [
              MonitoringNotice(session: SessionID("s1"), mode: .whisper, since: since, supervisorName: nil)
            ], asks: [WhisperAsk(session: SessionID("s2"), supervisorName: "Anna")],
            cues: [
              Cue(number: 1, from: ParticipantID(3), to: ParticipantID(2), text: "Offer more", at: since)
            ],
            hand: RaisedHand(agent: ParticipantID(2), word: "price", since: since))
        ]))
      let message = try await page.socket.message(.view)
      let call = try #require(message.view?.calls.first)
      #expect(
        call.leg == Self.legText && call.cues.map(\.text) == ["Offer more"] && call.hand?.word == "price")
      #expect(call.monitoring.map(\.mode) == ["whisper"] && call.monitoring.first?.supervisorName == nil)
      #expect(call.asks.map(\.session) == ["s2"] && message.serverTime == "2026-05-04T09:08:07.006Z")

      await page.socket.send(#"{"type":"hand","call":"c1","raised":true,"word":"price"}"#)
      await page.socket.send(#"{"type":"consent","session":"s1","accepts":false}"#)
      await page.socket.send(#"{"type":"hand","call":"c2","raised":true}"#)
      let refused = try await page.socket.message(.refused)
      #expect(refused.what == "hand" && refused.title == "No such call")
      await page.socket.send(#"{"type":"consent","session":"s2","accepts":true}"#)
      #expect(try await page.socket.message(.refused).what == "consent")
      #expect(await page.floor.agents.hands == ["ben raises for price"])
      #expect(await page.floor.agents.consents == ["ben rejects"])
    }
  }

  @Test("W3 what a page sends wrongly is refused with the reason, and counted") func badMessages()
    async throws
  {
    try await Self.run { page async throws in
      let cases = [
        ("", "isn't JSON"), ("{}", "'type' is missing"), (#"{"type":"sing"}"#, "'sing', which is unknown"),
        (#"{"type":"answer"}"#, "'leg' is missing"),
        (#"{"type":"answer","leg":"x","answer":"a"}"#, "no number"),
        (#"{"type":"answer","leg":"1"}"#, "'answer' is missing"),
        (#"{"type":"dial","leg":"l","number":"a b","offer":"o"}"#, "'number' must be"),
        (#"{"type":"hand","call":"c1","raised":"yes"}"#, "must be true or false"),
        (#"{"type":"away","till":5}"#, "'till' is unknown"),
        (#"{"type":"hangup","leg":"1"}"#, "no such leg"),
      ]
      for (text, detail) in cases {
        await page.socket.send(text)
        let refused = try await page.socket.message(.refused)
        #expect(refused.detail?.contains(detail) == true, "\(text): \(refused.detail ?? "")")
      }
      let metrics = try await page.floor.request("GET", "/metrics").text
      #expect(metrics.contains("earshot_phone_messages_refused_total \(cases.count)\n"))
      #expect(metrics.contains("earshot_browser_phones 1\n"))
    }
  }

  @Test("W3 D2 a page that floods, sends too much at once, or what is no text is cut off") func floods()
    async throws
  {
    func farewell(_ send: (PageSocket) async -> Void) async throws -> PageSocket.Frame {
      try await Floor.run { floor async throws in
        let socket = try await Self.open(floor)
        await send(socket)
        return await socket.closed()
      }
    }
    let flood = try await farewell { socket in
      for _ in 0..<41 { await socket.send(#"{"type":"ready"}"#) }
    }
    let large = try await farewell { await $0.send(String(repeating: " ", count: 65 * 1024)) }
    let binary = try await farewell { await $0.send([1, 2, 3], opcode: 2) }
    let garbled = try await farewell { await $0.send([0x22, 0xFF, 0xFE], opcode: 1) }
    let codes = [flood, large, binary, garbled].map { frame -> UInt16 in
      if case .close(let code, _) = frame { code } else { 0 }
    }
    #expect(codes == [1008, 1009, 1003, 1007])
  }

  @Test("W3 A9 a phone needs somebody who is known") func strangers() async throws {
    try await Floor.run { floor async throws in
      #expect(try await PageSocket.open(floor, "/v1/phone", headers: [:]).answer.status == 401)
      #expect(try await floor.request("GET", "/v1/phone").status == 426)
      let socket = try await Self.open(floor)
      floor.directory.revoke("ben-token")
      await socket.send(#"{"type":"ready"}"#)
      guard case .close(4401, _) = await socket.closed() else {
        Issue.record("the socket stays open")
        return
      }
    }
  }
}
