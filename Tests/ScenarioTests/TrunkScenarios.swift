import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// Trunks that want credentials, fail, or lead back to us.
@Suite("S1 trunks", .serialized, .timeLimit(.minutes(4)))
struct TrunkScenarios {
  private typealias Tone = Floor.Tone

  private static func earshotPort() -> UInt16 {
    var port = SIPp.freePort("127.0.0.1")
    while (30_000...49_999).contains(port) { port = SIPp.freePort("127.0.0.1") }
    return port
  }

  private func wait(_ floor: Floor, until name: String, is value: Double) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await floor.metric(name) != value {
      try #require(ContinuousClock.now < deadline, "\(name): \(floor.server.output)")
    }
  }

  @Test(
    "S1 Kamailio as a carrier with digest: Earshot registers, is called there, calls through it, hangs up",
    arguments: [("MD5", false), ("SHA-256", false), ("SHA-256", true)])
  func digest(hash: String, overTLS: Bool) async throws {
    let customers = PhoneBank(address: "127.0.0.24")
    try await customers.open()
    let (own, port) = (Self.earshotPort(), SIPp.freePort(KamailioTrunk.address))
    let authority = overTLS ? try await TestAuthority() : nil
    let carrier = try await KamailioTrunk(
      port: port, customers: "127.0.0.24:\(await customers.port)", hash: hash, authority: authority)
    var settings = Floor.Settings()
    settings.sipPort = own
    if let authority {
      let (certificate, key) = try await authority.certificate(for: "127.0.0.1")
      settings.signalling =
        "tls: {port: 0, certificate: '\(certificate)', key: '\(key)', authorities: '\(authority.certificate)'}"
    }
    settings.trunks = """
      {name: 'line', addresses: ['\(KamailioTrunk.address)'],
       nextHop: '\(KamailioTrunk.address):\(port)\(overTLS ? ";transport=tls" : "")',
       username: '\(KamailioTrunk.user)', password: {env: 'LINE_PASSWORD'}, register: true, registerFor: 60}
      """
    settings.routing =
      "{pattern: 'earshot', from: ['line'], to: {user: 'anna'}}, {pattern: '9*', to: {trunk: 'line', strip: 1}}"
    let floor = try await Floor(settings, environment: ["LINE_PASSWORD": KamailioTrunk.password])
    let anna = try await floor.phone("anna")
    // The registrar wants two minutes at least, so this was negotiated (423).
    try await wait(floor, until: "earshot_sip_trunk_registrations", is: 1)
    #expect(
      floor.server.output.contains {
        $0.contains("registered at \(KamailioTrunk.address):\(port)") && $0.contains("of trunk 'line'")
      })
    let customer = await customers.phone(
      PhoneAccount(user: "+49301234"), server: "\(KamailioTrunk.address):\(port)")
    await anna.setAnswering(.automatic, saying: .tone(Tone.agent))
    let called = try await customer.connect("earshot", saying: .tone(Tone.customer))
    let agent = try #require(await anna.nextCall(), "\(carrier.output)")
    await agent.wait(for: .answered)
    #expect(await floor.ears(called, agent) == [[Tone.agent], [Tone.customer]])
    await agent.hangUp()
    #expect(await called.ended().isByPeer)

    let world = await customers.phone(PhoneAccount(user: "0123"), server: "\(KamailioTrunk.address):\(port)")
    await world.setAnswering(.automatic, saying: .tone(Tone.customer))
    let out = try await anna.connect("90123", saying: .tone(Tone.agent))
    let into = try #require(await world.nextCall(), "\(carrier.output)")
    #expect(await floor.ears(into, out) == [[Tone.agent], [Tone.customer]])
    try await out.hold()
    try await out.unhold()
    await out.hangUp()
    #expect(await into.ended().isByPeer, "the BYE's challenge was met")
    #expect(try await floor.metric("earshot_sip_refused_credentials_total") == 0)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
    await customers.stop()
  }

  @Test(
    "S1 a wrong password at a real carrier: no registration, calls fail with 503, the log says what to correct"
  )
  func wrongPassword() async throws {
    let (own, port) = (Self.earshotPort(), SIPp.freePort(KamailioTrunk.address))
    let carrier = try await KamailioTrunk(
      port: port, customers: "127.0.0.24:9", hash: "SHA-256")
    var settings = Floor.Settings()
    settings.sipPort = own
    settings.trunks = """
      {name: 'line', addresses: ['\(KamailioTrunk.address)'], nextHop: '\(KamailioTrunk.address):\(port)',
       username: 'earshot', password: 'guess', register: true}
      """
    settings.routing = "{pattern: '9*', to: {trunk: 'line', strip: 1}}"
    let floor = try await Floor(settings)
    let anna = try await floor.phone("anna")
    let refused = try await anna.call("90123").ended()
    #expect(refused.status == 503, "\(carrier.output)")
    let said = floor.server.output.filter { $0.contains("refuses the credentials of 'earshot'") }
    #expect(
      said.allSatisfy { $0.contains("correct the trunk's username and password") }
        && (1...2).contains(said.count))
    #expect(
      floor.server.output.contains { $0.contains("no registration at") && $0.contains("next try in 300 s") })
    #expect(try await floor.metric("earshot_sip_trunk_registrations") == 0)
    #expect(try await floor.metric("earshot_sip_trunk_registrations_wanted") == 1)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "S1 a carrier dies: calls take the second hop without a word to the caller, and go back when it is there again"
  )
  func failover() async throws {
    let (own, port) = (Self.earshotPort(), SIPp.freePort(KamailioTrunk.address))
    let second = PhoneBank(address: "127.0.0.25")
    try await second.open()
    let world = await second.phone(PhoneAccount(user: "0123"), server: "127.0.0.1:9")
    await world.setAnswering(.automatic, saying: .tone(Tone.customer))
    var carrier: KamailioTrunk? = try await KamailioTrunk(
      port: port, customers: "127.0.0.24:9", hash: "MD5")
    var settings = Floor.Settings()
    settings.sipPort = own
    settings.trunks = """
      {name: 'line', addresses: ['\(KamailioTrunk.address)', '127.0.0.25'], check: 1,
       nextHops: ['\(KamailioTrunk.address):\(port)', '127.0.0.25:\(await second.port)'],
       username: 'earshot', password: {env: 'LINE_PASSWORD'}}
      """
    settings.routing = "{pattern: '9*', to: {trunk: 'line', strip: 1}}"
    let floor = try await Floor(settings, environment: ["LINE_PASSWORD": KamailioTrunk.password])
    let anna = try await floor.phone("anna")
    #expect(try await floor.metric("earshot_sip_next_hops_up") == 3)
    carrier?.kill()
    carrier = nil
    // Before the checks have seen it: the call itself finds out.
    let first = try await anna.connect("90123", saying: .tone(Tone.agent))
    let into = try #require(await world.nextCall())
    #expect(await floor.ears(into, first) == [[Tone.agent], [Tone.customer]])
    await first.hangUp()
    #expect(await into.ended().isByPeer)
    try await wait(floor, until: "earshot_sip_next_hops_up", is: 2)
    let attempts = try await floor.metric("earshot_sip_failovers_total")
    let next = try await anna.connect("90123", saying: .tone(Tone.agent))
    _ = try #require(await world.nextCall())
    #expect(try await floor.metric("earshot_sip_failovers_total") == attempts, "it goes there at once")
    await next.hangUp()
    carrier = try await KamailioTrunk(port: port, customers: "127.0.0.24:9", hash: "MD5")
    try await wait(floor, until: "earshot_sip_next_hops_up", is: 3)
    #expect(floor.server.output.contains { $0.contains("is there again") })
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
    await second.stop()
    withExtendedLifetime(carrier) {}
  }

  @Test(
    "X4 S1 two Earshots that send a number to one another: the caller gets 483, and nothing is left in either"
  )
  func circle() async throws {
    let ports = [Self.earshotPort(), Self.earshotPort()]
    func settings(_ own: Int) -> Floor.Settings {
      var settings = Floor.Settings()
      settings.sipPort = ports[own]
      settings.trunks = "{name: 'other', addresses: ['127.0.0.1'], nextHop: '127.0.0.1:\(ports[1 - own])'}"
      settings.routing = "{pattern: '7*', to: {trunk: 'other'}}"
      return settings
    }
    let first = try await Floor(settings(0))
    let second = try await Floor(settings(1))
    let refused = try await first.customer().call("777")
    #expect(await refused.ended().status == 483)
    #expect(try await first.metric("earshot_sip_invites_total") == 36)
    #expect(try await second.metric("earshot_sip_invites_total") == 35)
    for floor in [first, second] {
      try await floor.expectNothingLeft()
      #expect(await floor.stop() == 0)
    }
  }

  @Test(
    "X4 S1 a trunk whose next hop is Earshot itself: 482 in the first round, with a line that names the trouble"
  )
  func selfCircle() async throws {
    var settings = Floor.Settings()
    settings.sipPort = Self.earshotPort()
    settings.trunks = "{name: 'self', addresses: ['127.0.0.1'], nextHop: '127.0.0.1:\(settings.sipPort)'}"
    settings.routing = "{pattern: '7*', to: {trunk: 'self'}}"
    let floor = try await Floor(settings)
    #expect(try await floor.customer().call("777").ended().status == 482)
    #expect(floor.server.output.contains { $0.contains("a call to '777' has come back") })
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S1 an INVITE's header and the number's form choose the way, over the wire")
  func routing() async throws {
    var settings = Floor.Settings()
    settings.routing = """
      {headers: {'X-Line': '(?i)gold', 'Subject': '.*contract.*'}, from: ['carrier'], to: {user: 'ben'}},
      {regex: '5(\\\\d+)-(\\\\w+)', to: {user: '$2'}}
      """
    let floor = try await Floor(settings)
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    for (number, headers, phone) in [
      ("anna", ["X-Line: Gold", "Subject: my contract"], ben), ("anna", ["X-Line: Gold"], anna),
      ("512-ben", [], ben),
    ] {
      await phone.setAnswering(.automatic, saying: .tone(Tone.agent))
      let call = try await floor.customer().connect(number, headers: headers, saying: .tone(Tone.customer))
      _ = try #require(await phone.nextCall())
      await call.hangUp()
    }
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
