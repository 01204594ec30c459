import API
import Phones
import Supervision
import TestKit
import Testing

/// What networks do to browsers: they break, change, and hide them; and another stack than a browser's.
///
/// The sound is cut by a relay between the browser and Earshot that drops real datagrams (`BrowserNetwork`), HTTP and
/// WebSockets by the browser's own switch for being offline.
@Suite("S3 I1 browsers' networks", .serialized, .timeLimit(.minutes(4)))
struct BrowserNetworkScenarios {
  private typealias Tone = Floor.Tone

  /// A free port that isn't among those of `media.rtpPorts`.
  private static func browserPort() throws -> Int {
    for _ in 0..<1_000 {
      let port = Int(SIPp.freePort("127.0.0.1"))
      if port > 49_999 { return port }
    }
    throw BrowserDriver.Failure(description: "the system gives no port above 49999")
  }

  @Test(
    "S3 a network that is gone and comes back: the supervisor is back within 5 s, listening; the call untouched"
  )
  func dropAndReturn() async throws {
    // One worker, so that its port is known: one of the system's, above the range of the phones' sound.
    let port = try Self.browserPort()
    let floor = try await Floor(.init(media: "workers: 1, browserPort: \(port)"))
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.recordedCall(agent: anna)
    let network = try await BrowserNetwork(to: port)
    var settings = Browser.Settings()
    settings.script = network.script
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor, settings)
    try await sue.listen()
    let both: Set<Double> = [Tone.customer, Tone.agent]
    #expect(try await sue.hears(both) == both)
    #expect(try await network.passed > 0, "the sound goes through the relay")
    try await sue.choose(.whisper)
    try await floor.live(.whisper, by: "sue")
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    #expect(await floor.ears(agent) == [[Tone.customer, Tone.supervisor]])

    try await network.setCut(true)
    try await sue.setOffline(true)
    #expect(try await sue.hears([]) == [])
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "nobody waits for him")
    try await sue.until(
      "() => document.querySelector('[data-test=who-hears-me-sentence]')?.innerText === 'Connection lost'")
    try await network.move()
    try await network.setCut(false)
    try await sue.setOffline(false)
    let returned = ContinuousClock.now
    #expect(try await sue.hears(both) == both)
    #expect(ContinuousClock.now - returned < .seconds(5), "\(ContinuousClock.now - returned)")
    try await sue.release("Space")
    try await floor.live(.listen, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "he is back in listen")
    #expect(await floor.strangePackets(from: agent, at: customer) == [])
    let seen = await agent.observation()
    #expect(seen.isContinuous, "\(seen)")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "I1 a supervisor who reaches nobody but Debian's coturn hears and is heard through it, let in by Earshot")
  func turn() async throws {
    let turn = try await TURNServer()
    let floor = try await Floor(.init(media: turn.configuration))
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    var settings = Browser.Settings()
    settings.script = TURNServer.relayOnly
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor, settings)
    try await sue.listen()
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.choose(.barge)
    try await floor.talks(true, by: "sue")
    #expect(
      await floor.ears(customer, agent) == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor],
      ])
    let kind = try await sue.evaluate(
      """
      async () => {
        const report = await window.connectionsOfTest.at(-1).getStats();
        const pair = [...report.values()].find((entry) => entry.type === 'candidate-pair' && entry.nominated);
        return report.get(pair.localCandidateId).candidateType;
      }
      """)
    #expect(kind.text == "relay")
    #expect(turn.output.contains(":sue>"), "coturn served somebody else:\n\(turn.output)")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("I1 M1 M2 aiortc, a second WebRTC stack, listens and whispers: tones at every ear")
  func secondStack() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.recordedCall(agent: anna)
    let call = try await floor.call { $0.phase == "answered" }
    let token = Floor.token(of: "sue")
    let listener = try SecondStack(server: floor.api, token: token, call: call.id, saying: Tone.supervisor)
    let heard = try await listener.report()
    #expect(Set(heard.tones) == [Tone.customer, Tone.agent], "\(heard)")
    #expect(heard.samples >= 96_000)
    #expect(heard.codec == "opus")
    try await floor.unsupervised()

    let whisperer = try SecondStack(
      server: floor.api, token: token, call: call.id, mode: "whisper", saying: Tone.supervisor, seconds: 6)
    try await floor.live(.whisper, by: "sue")
    #expect(
      await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "his voice is closed at first")
    whisperer.talk()
    try await floor.talks(true, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer, Tone.supervisor]])
    #expect(Set(try await whisperer.report().tones) == [Tone.customer, Tone.agent])
    try await floor.unsupervised()
    #expect(await floor.strangePackets(from: agent, at: customer) == [])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
