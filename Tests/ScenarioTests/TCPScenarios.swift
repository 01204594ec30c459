import Phones
import TestKit
import Testing

/// SIP over TCP with SIPp and baresip: phones and trunks that nobody here wrote.
@Suite("S1 I1 SIP over TCP", .serialized, .timeLimit(.minutes(3)))
struct TCPScenarios {
  @Test("S1 I1 SIPp calls an agent by TCP: answer, sound both ways, BYE")
  func trunk() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("call", target: floor.sip, transport: "t1", values: ["PAUSE": "1500"])
    let agent = try #require(await anna.nextCall())
    // SIPp sends back what it hears: the agent hears himself, through Earshot there and back.
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent))
    #expect(await agent.ended().isByPeer)
    try await sipp.finished()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S1 I1 a next hop with ;transport=tcp is called by TCP, and hung up on by TCP")
  func nextHop() async throws {
    var settings = Floor.Settings()
    let port = SIPp.freePort("127.0.0.4")
    settings.trunks = "{name: 'tcp', addresses: ['127.0.0.4'], nextHop: '127.0.0.4:\(port);transport=tcp'}"
    settings.routing = "{pattern: '9*', to: {trunk: 'tcp', strip: 1}}"
    let floor = try await Floor(settings)
    let anna = try await floor.phone("anna")
    let sipp = try SIPp("answered", target: floor.sip, from: "127.0.0.4", port: port, transport: "t1")
    try await sipp.listening()
    let call = try await anna.connect("94930", saying: .tone(Floor.Tone.agent))
    _ = await call.firstSound()
    #expect(await floor.ear(call).contains(tone: Floor.Tone.agent))
    await call.hangUp()
    try await sipp.finished()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S1 S5 I1 baresip registers by TCP, is called by the connection that it opened, and calls")
  func baresip() async throws {
    let floor = try await Floor()
    let ben = try Baresip(
      "ben", server: floor.sip, saying: Floor.Tone.agent, answers: true, transport: "tcp")
    let deadline = ContinuousClock.now + .seconds(15)
    while try await floor.metric("earshot_sip_flows") < 1 {
      try #require(ContinuousClock.now < deadline, "baresip didn't register: \(ben.output)")
    }
    #expect(try await floor.metric("earshot_sip_connections") == 1)
    let customer = await floor.customer()
    let call = try await customer.connect("ben", saying: .tone(Floor.Tone.customer))
    _ = await call.firstSound()
    #expect(await floor.ear(call).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    await call.hangUp()
    try await floor.expectNothingLeft()

    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.second))
    ben.dial("anna")
    let agent = try #require(await anna.nextCall())
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    await agent.hangUp()
    try await floor.expectNothingLeft()
    #expect(try await floor.metric("earshot_sip_connections") == 1)
    let (status, heard) = try await ben.quit()
    #expect(status == 0)
    // Its recordings are named by the second: the later one may have taken the earlier one's place.
    #expect(heard.last?.contains(tone: Floor.Tone.second) == true)
    #expect(await floor.stop() == 0)
  }
}
