import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// The real Kamailio in front, with the configuration that is shipped: calls by UDP, TLS and WebSocket, strangers, and
/// an Earshot that is down.
@Suite("I5 S1 X4 Kamailio in front of Earshot", .serialized, .timeLimit(.minutes(5)))
struct KamailioScenarios {
  private typealias Tone = Floor.Tone

  /// Earshot behind its edge, and the carrier beyond it.
  private struct Edge {
    let site = Kamailio.Site()
    let floor: Floor
    let proxy: Kamailio
    /// Customers behind the carrier, known to Kamailio by their address.
    let carrier: PhoneBank

    init(floodLimit: Int = 200) async throws {
      floor = try await Floor(site.settings())
      carrier = PhoneBank(address: Kamailio.Site.carrierAddress)
      try await carrier.open()
      proxy = try await Kamailio(site, carrier: await carrier.port, floodLimit: floodLimit)
      _ = try await proxy.answers(200)
    }

    /// An agent's or supervisor's phone that knows the proxy alone.
    func phone(_ user: String) async throws -> Phone {
      let phone = await floor.phones.phone(
        PhoneAccount(user: user, password: "secret-\(user)"), server: site.sip)
      try await phone.register()
      return phone
    }

    func customer(_ bank: PhoneBank? = nil) async -> Phone {
      await (bank ?? carrier).phone(PhoneAccount(user: "+49301234"), server: site.sip)
    }

    /// Nothing is left of any call, and all ends.
    func end() async throws {
      do { try await floor.expectNothingLeft() } catch {
        Issue.record("\(error); Kamailio said:\n\(proxy.output)")
      }
      await carrier.stop()
      #expect(await floor.stop() == 0, "\(proxy.output)")
    }
  }

  @Test(
    "I5 S1 M2 a carrier's call through Kamailio to an agent behind it, whispered to; either side's BYE ends it"
  )
  func call() async throws {
    let edge = try await Edge()
    let anna = try await edge.phone("anna")
    let sue = try await edge.phone("sue")
    let (customer, agent) = try await edge.floor.connect(agent: anna, customer: await edge.customer())
    #expect(agent.peer == "+49301234")
    let listener = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await listener.firstSound()
    #expect(
      await edge.floor.ears(customer, agent, listener) == [
        [Tone.agent], [Tone.customer], [Tone.customer, Tone.agent],
      ])
    await listener.press("5")
    try await edge.floor.live(.whisper, by: "sue")
    #expect(
      await edge.floor.ears(customer, agent, listener) == [
        [Tone.agent], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ])
    await customer.hangUp()
    for call in [agent, listener] { #expect(await call.ended().isByPeer) }
    // The other way: an agent calls the world, and hangs up himself.
    let world = await edge.carrier.phone(PhoneAccount(user: "0123456"), server: edge.site.sip)
    await world.setAnswering(.automatic, saying: .tone(Tone.customer))
    let out = try await anna.connect("90123456", saying: .tone(Tone.agent))
    let called = try #require(await world.nextCall())
    #expect(await edge.floor.ears(called, out) == [[Tone.agent], [Tone.customer]])
    try await out.hold()
    try await out.unhold()
    #expect(await edge.floor.ears(called, out) == [[Tone.agent], [Tone.customer]])
    await out.hangUp()
    #expect(await called.ended().isByPeer)
    try await edge.end()
  }

  @Test(
    "I5 S1 a phone behind NAT: its sound is taken from where its signalling comes from, and it is found again"
  )
  func behindNAT() async throws {
    let edge = try await Edge()
    let anna = try await edge.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Tone.agent))
    let values = ["FROM": "carol", "PASSWORD": "secret-carol", "PAUSE": "2500"]
    let sipp = try SIPp("behind-nat", target: edge.site.sip, from: "127.0.0.1", values: values)
    let agent = try #require(await anna.nextCall(), "\(edge.proxy.output)")
    // SIPp sends back what it hears, from another address than the one that its description names.
    _ = await agent.firstSound()
    #expect(await edge.floor.ear(agent).contains(tone: Tone.agent))
    #expect(await agent.ended().isByPeer)
    try await sipp.finished()
    try await edge.end()
  }

  @Test("I5 I1 baresip registers over TLS; the certificate is the one that the proxy was given, and no other")
  func tls() async throws {
    let edge = try await Edge()
    let ben = try Baresip(
      "ben", server: edge.site.tls, saying: Tone.agent, transport: "tls", authority: edge.proxy.certificate)
    let deadline = ContinuousClock.now + .seconds(20)
    while try await edge.floor.metric("earshot_sip_registrations") < 1 {
      try #require(ContinuousClock.now < deadline, "\(ben.output)\n\(edge.proxy.output)")
    }
    #expect(ben.output.contains("200 OK"))
    #expect(try await ben.quit().status == 0)
    #expect(try await edge.proxy.isVerified(by: edge.proxy.certificate))
    let other = TemporaryFolder()
    try await Kamailio.makeCertificate(in: other.path)
    #expect(try await !edge.proxy.isVerified(by: other.path + "/fullchain.pem"))
    try await edge.end()
  }

  @Test("I5 a phone on a secure WebSocket registers with digest; a wrong password isn't let in")
  func webSocket() async throws {
    let edge = try await Edge()
    let phone = try WebSocketPhone("anna", server: edge.site.webSocket, authority: edge.proxy.certificate)
    #expect(await phone.exitStatus() == 0, "\(phone.output)\n\(edge.proxy.output)")
    #expect(phone.output.contains("[401, 200]"), "\(phone.output)")
    // Its Contact as it gave it, without what Kamailio has noted in it.
    #expect(phone.output.contains(";transport=ws>") && !phone.output.contains("alias"), "\(phone.output)")
    let thief = try WebSocketPhone(
      "ben", password: "guessed", server: edge.site.webSocket, authority: edge.proxy.certificate)
    #expect(await thief.exitStatus() == 1)
    #expect(thief.output.contains("[401, 401]"), "\(thief.output)")
    #expect(try await edge.floor.metric("earshot_sip_registrations") == 1)
    try await edge.end()
  }

  @Test("I5 I6 a lamp through Kamailio: asked for, lit, dark again, given up, in both directions by it")
  func lamp() async throws {
    let edge = try await Edge()
    let anna = try await edge.phone("anna")
    let sipp = try SIPp(
      "lamp", target: edge.site.sip, user: "anna", from: "127.0.0.1",
      values: ["FROM": "sue", "PASSWORD": "secret-sue", "STATE": "&lt;state&gt;confirmed&lt;"])
    try await edge.floor.metric("earshot_sip_lamps", is: 1)
    let (customer, _) = try await edge.floor.connect(agent: anna, customer: await edge.customer())
    await customer.hangUp()
    try await sipp.finished()
    try await edge.floor.metric("earshot_sip_lamps", is: 0)
    try await edge.end()
  }

  @Test("X4 I5 one source's flood gets no more answers while a call, and a new one, go on")
  func flood() async throws {
    let edge = try await Edge(floodLimit: 50)
    let anna = try await edge.phone("anna")
    let sue = try await edge.phone("sue")
    let (customer, agent) = try await edge.floor.connect(agent: anna, customer: await edge.customer())
    let attacker = try edge.proxy.stranger()
    for number in 0..<1_000 { attacker.send("OPTIONS", mark: "flood\(number)") }
    var answers = 0
    while attacker.receive(within: 1_000) != nil { answers += 1 }
    #expect((1...200).contains(answers), "\(answers) answers to 1,000 requests")
    #expect(attacker.ask("OPTIONS", patience: 1_000) == nil, "he gets none for a while")
    #expect(try edge.proxy.stranger().ask("REGISTER", patience: 1_000) == nil, "nor from another port")
    #expect(try edge.proxy.stranger("127.0.0.28").ask("OPTIONS")?.hasPrefix("SIP/2.0 200 ") == true)
    #expect(await edge.floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    let listener = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await listener.firstSound()
    #expect(await edge.floor.ear(listener).tones(of: Tone.all.sorted()) == [Tone.customer, Tone.agent])
    await customer.hangUp()
    for call in [agent, listener] { #expect(await call.ended().isByPeer) }
    try await edge.end()
  }

  @Test(
    "X4 I5 scanners and malformed requests get no answer, strangers no call, and nobody is relayed elsewhere")
  func strangers() async throws {
    let edge = try await Edge()
    let stranger = try edge.proxy.stranger()
    stranger.send("OPTIONS", mark: "scanner", agent: "friendly-scanner")
    stranger.send("OPTIONS", mark: "malformed", headers: ["Expires: never"])
    stranger.send("OPTIONS", mark: "good")
    // One process serves this port, so an answer to the others would have come first.
    let answer = try #require(stranger.receive(within: 10_000))
    #expect(answer.contains("good@"), "\(answer)")
    #expect(stranger.receive(within: 300) == nil)
    // Earshot has no trunk with the address by which strangers reach it.
    #expect(stranger.ask("INVITE", user: "anna")?.hasPrefix("SIP/2.0 403 ") == true)
    #expect(stranger.ask("MESSAGE", user: "anna")?.hasPrefix("SIP/2.0 405 ") == true)
    // He would have the edge send a request to somebody else, in its own name.
    let victim = try edge.proxy.stranger("127.0.0.28")
    let relayed = stranger.ask(
      "BYE", user: "anybody", host: victim.own, tag: "some", headers: ["Route: <sip:\(edge.site.sip);lr>"])
    #expect(relayed?.hasPrefix("SIP/2.0 481 ") == true, "\(relayed ?? "nothing")")
    #expect(victim.receive(within: 300) == nil)
    #expect(try await edge.floor.metric("earshot_sip_strangers_total") == 1)
    try await edge.end()
  }

  @Test("I5 X4 while Earshot is down the edge says 503 with Retry-After; once it is back, calls go through")
  func down() async throws {
    let edge = try await Edge()
    #expect(await edge.floor.server.stop() == 0)
    let answer = try await edge.proxy.answers(503)
    #expect(answer.contains("\r\nRetry-After: 10\r\n"), "\(answer)")
    let call = try #require(try edge.proxy.stranger().ask("INVITE", user: "anna"), "\(edge.proxy.output)")
    #expect(call.hasPrefix("SIP/2.0 503 ") && call.contains("\r\nRetry-After: 10\r\n"), "\(call)")
    let refused = try await edge.customer().call("anna")
    #expect(await refused.ended().status == 503)
    let floor = try await Floor(edge.site.settings())
    _ = try await edge.proxy.answers(200)
    let anna = await floor.phones.phone(
      PhoneAccount(user: "anna", password: "secret-anna"), server: edge.site.sip)
    try await anna.register()
    let (customer, agent) = try await floor.connect(agent: anna, customer: await edge.customer())
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    await customer.hangUp()
    #expect(await agent.ended().isByPeer)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
    await edge.carrier.stop()
    await edge.floor.stop()
  }
}
