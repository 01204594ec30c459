import RTP
import Supervision
import Testing

@testable import Media

@Suite("Browsers' legs: ICE, DTLS, SRTP")
struct BrowserLegTests {
  private static let listen = "c>s"

  private func disconnected(_ rig: Rig, _ leg: LegID) throws -> String {
    try rig.await("disconnected") { event in
      if case .disconnected(leg, let why) = event { why } else { nil }
    }
  }

  @Test("I1 the answer is that of an ICE-lite server, and extra media are refused in their places")
  func answer() async throws {
    try await Rig.run { rig in
      let browser = try TestBrowser(port: Rig.freePorts(2))
      let leg = try rig.invite(browser, Rig.supervisor, .supervisor, codecs: "111 0 8 110 126")
      rig.perform(.makeAnswer(leg, like: nil))
      let text = try rig.description(leg)
      let answer = try SessionDescription(parsing: text)
      for line in [
        "a=ice-lite", "a=group:BUNDLE 0", "a=mid:0", "a=rtcp-mux", "a=setup:passive",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:110 telephone-event/48000", "a=end-of-candidates", "m=application 0 UDP/DTLS/SCTP",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 \(browser.remote.port) typ host", "useinbandfec=1",
      ] { #expect(text.contains(line), "\(line) in \(text)") }
      #expect(answer.media[0].formats == ["111", "110"] && !text.contains("126"))
    }
  }

  @Test("I1 an offer that can't lead to sound opens nothing and says why")
  func badOffers() async throws {
    try await Rig.run { rig in
      let browser = try TestBrowser(port: Rig.freePorts(2))
      let leg = MediaLeg(
        leg: LegID(7), participant: Rig.supervisor, role: .supervisor,
        sources: SourcePolicy(signallingAddress: nil), transport: .webRTC)
      for (sdp, reason) in [
        (browser.sdp(without: "m=audio"), "no audio"),
        (browser.sdp(without: "a=fingerprint"), "a=fingerprint"),
        (browser.sdp(without: "a=ice-pwd"), "a=ice-pwd"), (browser.sdp(without: "a=rtcp-mux"), "a=rtcp-mux"),
        (browser.sdp(setup: "passive"), "setup:passive"), ("nonsense", "line 1"),
      ] {
        rig.perform(.acceptOffer(leg, sdp: sdp))
        let why: String = try rig.await("failed: \(reason)") { event in
          if case .failed(LegID(7), .badDescription(let why)) = event { why } else { nil }
        }
        #expect(why.contains(reason), "\(why)")
      }
      let counters = try rig.counters()
      #expect(counters.legs == 0 && counters.browserLegs == 0)
    }
  }

  @Test(
    "I1 a browser connects and hears the call, under either protection",
    arguments: ["SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80"])
  func connects(profiles: String) async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor, profiles: profiles)
      #expect(browser.profile == (profiles.contains("GCM") ? .aes128GCM : .aes128CounterSHA1))
      try rig.apply(Self.listen)
      for number in 0..<50 {
        customer.send([UInt8](repeating: UInt8(number), count: 160))
        #expect(browser.receive()?.payload == [UInt8](repeating: UInt8(number), count: 160))
      }
      let report = try rig.closeLeg(Rig.supervisor)
      #expect(report.packetsSent == 50 && report.codec == "PCMU" && report.malformed == 0)
    }
  }

  @Test("I1 wrong credentials are refused, and DTLS from there gets no answer")
  func wrongCredentials() async throws {
    try await Rig.run { rig in
      let browser = try TestBrowser(port: Rig.freePorts(2))
      _ = try rig.invite(browser, Rig.supervisor, .supervisor)
      browser.send(raw: browser.check(password: "not the password of this leg"))
      #expect(browser.stunAnswer()?.errorCode == 401)
      browser.send(raw: browser.check(username: "\(browser.answer?.fragment ?? ""):another"))
      #expect(browser.stunAnswer()?.errorCode == 401)
      browser.send(raw: browser.check(integrity: false))
      #expect(browser.stunAnswer()?.errorCode == 400)
      // No hello is looked at before a check was right.
      let hello = [22, 254, 253] + [UInt8](repeating: 0, count: 60)
      browser.send(raw: hello)
      try rig.barrier()
      let counters = try rig.counters()
      #expect(counters.stunRefusals == 3 && counters.strangers == 1)
      #expect(browser.rawReceive(within: 0) == nil)
    }
  }

  @Test("I1 a certificate other than the description's is no way in")
  func wrongFingerprint() async throws {
    try await Rig.run { rig in
      let browser = try TestBrowser(port: Rig.freePorts(2))
      browser.fingerprint[3] ^= 1
      let leg = try rig.invite(browser, Rig.supervisor, .supervisor)
      browser.send(raw: browser.check())
      #expect(browser.stunAnswer()?.kind == STUNMessage.Kind.bindingSuccess)
      _ = browser.handshake()
      #expect(try disconnected(rig, leg).contains("fingerprint"))
      #expect(!rig.has { $0 == .connected(leg) })
      #expect(try rig.counters().dtlsFailures == 1)
    }
  }

  @Test("I1 10,000 checks of strangers and garbage are dropped, counted, and hold nobody up")
  func strangers() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s")
      let stranger = try TestBrowser(port: Rig.freePorts(2))
      stranger.remote = browser.remote
      let check = stranger.check(username: "whoknows:frag", password: "guessed")
      for number in 0..<10_000 {
        stranger.send(raw: check)
        guard number % 100 == 99 else { continue }
        customer.send([UInt8](repeating: 3, count: 160))
        #expect(agent.receive()?.payload.count == 160)
        #expect(browser.receive()?.payload.count == 160)
        try rig.barrier()
      }
      for first in UInt8.min...UInt8.max {
        stranger.send(raw: [first] + (0..<UInt8(90)).map { $0 &* first })
        if first % 32 == 0 { try rig.barrier() }
      }
      try rig.settle()
      let counters = try rig.counters()
      #expect(counters.stunStrangers == 10_000 && counters.strangers > 100 && counters.malformed > 80)
      #expect(counters.legs == 3 && stranger.rawReceive(within: 0) == nil)
    }
  }

  @Test("I1 replayed and forged sound is dropped and counted")
  func replay() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.agent, .agent)
      try rig.apply("a>c")
      let packet = browser.sealed([UInt8](repeating: 9, count: 160))
      browser.send(raw: packet)
      #expect(customer.receive()?.payload == [UInt8](repeating: 9, count: 160))
      browser.send(raw: packet)
      var forged = browser.sealed([UInt8](repeating: 8, count: 160))
      forged[20] ^= 1
      browser.send(raw: forged)
      browser.send(raw: Array(forged.prefix(13)))
      browser.send([UInt8](repeating: 7, count: 160))
      #expect(customer.receive()?.payload == [UInt8](repeating: 7, count: 160))
      #expect(try rig.counters().srtpFailures == 3)
      #expect(try rig.closeLeg(Rig.agent).malformed == 3)
    }
  }

  @Test("I1 a browser that closes is told of at once, one that falls silent after 30 s, and it may come back")
  func goodbye() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      let leg = try #require(rig.legs[Rig.supervisor])
      try rig.apply(Self.listen)
      for _ in 0..<29 {
        rig.clock.advance(ms: 1_000)
        try rig.settle()
      }
      #expect(!rig.has { if case .disconnected = $0 { true } else { false } })
      for _ in 0..<3 {
        rig.clock.advance(ms: 1_000)
        try rig.settle()
      }
      #expect(try disconnected(rig, leg).contains("30 s"))
      customer.send([1, 2, 3])
      try rig.settle()
      #expect(browser.receiveAll().isEmpty)
      browser.send(raw: browser.check())
      try rig.await("connected") { $0 == .connected(leg) ? true : nil }
      customer.send([1, 2, 3])
      #expect(browser.receive()?.payload == [1, 2, 3])
      browser.sayGoodbye()
      #expect(try disconnected(rig, leg).contains("closed"))
    }
  }

  @Test("S3 ICE begins anew under new names, and the keys stay")
  func restart() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      let leg = try #require(rig.legs[Rig.supervisor])
      try rig.apply(Self.listen)
      let before = try #require(browser.answer)
      let mediaLeg = MediaLeg(
        leg: leg, participant: Rig.supervisor, role: .supervisor,
        sources: SourcePolicy(signallingAddress: nil),
        transport: .webRTC)
      // The same credentials again are no restart.
      rig.perform(.acceptOffer(mediaLeg, sdp: browser.sdp(direction: "recvonly")))
      rig.perform(.makeAnswer(leg, like: nil))
      try browser.take(rig.description(leg))
      #expect(
        browser.answer?.fragment == before.fragment && browser.answer?.fingerprint == before.fingerprint)
      browser.fragment = "anew"
      rig.perform(.acceptOffer(mediaLeg, sdp: browser.sdp()))
      rig.perform(.makeAnswer(leg, like: nil))
      try browser.take(rig.description(leg))
      #expect(browser.answer?.fragment != before.fragment && browser.answer?.password != before.password)
      customer.send([5])
      #expect(browser.receive()?.payload == [5])
      browser.send(raw: browser.check())
      #expect(browser.stunAnswer()?.kind == STUNMessage.Kind.bindingSuccess)
      customer.send([6])
      #expect(browser.receive()?.payload == [6])
    }
  }

  @Test("S3 a page that was opened again takes the leg with keys of its own; the old page hears no more")
  func newPage() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let old = try rig.joinBrowser(Rig.supervisor, .supervisor)
      let leg = try #require(rig.legs[Rig.supervisor])
      try rig.apply(Self.listen)
      let new = try TestBrowser(port: Rig.freePorts(2))
      let mediaLeg = MediaLeg(
        leg: leg, participant: Rig.supervisor, role: .supervisor,
        sources: SourcePolicy(signallingAddress: nil),
        transport: .webRTC)
      rig.perform(.acceptOffer(mediaLeg, sdp: new.sdp()))
      rig.perform(.makeAnswer(leg, like: nil))
      try new.take(rig.description(leg))
      new.send(raw: new.check())
      #expect(new.stunAnswer()?.kind == STUNMessage.Kind.bindingSuccess)
      try #require(new.handshake())
      try rig.await("connected") { $0 == .connected(leg) ? true : nil }
      customer.send([4])
      #expect(new.receive()?.payload == [4])
      #expect(old.receiveAll().isEmpty)
      old.send(raw: old.check())
      try rig.settle()
      #expect(try rig.counters().stunStrangers == 1)
    }
  }

  @Test("I1 an offer of ours says actpass, and the browser's answer connects")
  func ourOffer() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer, law: .a)
      let browser = try TestBrowser(port: Rig.freePorts(2))
      let leg = LegID(50)
      rig.perform(
        .makeOffer(
          MediaLeg(
            leg: leg, participant: Rig.agent, role: .agent, sources: SourcePolicy(signallingAddress: nil),
            transport: .webRTC), like: rig.legs[Rig.customer]))
      let offer = try rig.description(leg)
      #expect(offer.contains("SAVPF 8 111 9 0 101 110") && offer.contains("a=setup:actpass"))
      try browser.take(offer)
      rig.perform(.acceptAnswer(leg, sdp: browser.sdp(codecs: "8 101", setup: "active"), source: "127.0.0.1"))
      try rig.await("accepted") { $0 == .answerAccepted(leg, .sendrecv) ? true : nil }
      browser.send(raw: browser.check())
      #expect(browser.stunAnswer()?.kind == STUNMessage.Kind.bindingSuccess)
      try #require(browser.handshake())
      try rig.await("connected") { $0 == .connected(leg) ? true : nil }
      try rig.apply("c>a a>c")
      customer.send([7, 8, 9])
      #expect(browser.receive()?.payload == [7, 8, 9])
      browser.send([9, 8, 7], payloadType: 8)
      #expect(customer.receive()?.payload == [9, 8, 7])
    }
  }

  @Test("I1 a port of its own for each worker's browsers, where the settings give one")
  func fixedPort() async throws {
    let port = Rig.freePorts(2)
    var settings = MediaSettings(
      bindAddress: "127.0.0.1", advertisedAddress: "192.0.2.8", ports: 11_100...11_109, workers: 1)
    settings.browserPort = port
    let events = EventQueue()
    let engine = try MediaEngine(settings, onEvent: { events.append($0, $1) })
    let browser = try TestBrowser(port: Rig.freePorts(2))
    let leg = MediaLeg(
      leg: LegID(1), participant: Rig.supervisor, role: .supervisor,
      sources: SourcePolicy(signallingAddress: nil),
      transport: .webRTC)
    engine.perform(.acceptOffer(leg, sdp: browser.sdp()), for: CallID("1"))
    engine.perform(.makeAnswer(LegID(1), like: nil), for: CallID("1"))
    let sdp = try #require(events.next { if case .description(_, let sdp) = $0 { sdp } else { nil } })
    #expect(sdp.contains("192.0.2.8 \(port) typ host") && engine.portUse.used == 0)
    await engine.stop()
    settings.browserPort = 11_105
    #expect(throws: MediaSetupError.badBrowserPort(11_105, workers: 1)) {
      try MediaEngine(settings, onEvent: { _, _ in })
    }
  }
}
