import Phones
import RTP
import TestKit
import Testing

/// Others who know the ports of a call and send sound there: from an address that is no party's, and from a party's
/// own address but another port.
@Suite("X4 strangers at a leg's port", .serialized, .timeLimit(.minutes(2)))
struct StrangerScenarios {
  private typealias Tone = Floor.Tone

  /// Somebody who sends a tone to wherever a phone sends.
  private struct Stranger {
    let media: PhoneMedia
    let endpoint: EndpointID

    init(at address: String, to target: AudioNegotiation) async throws {
      media = PhoneMedia(address: address)
      endpoint = try await media.open().id
      await media.say(endpoint, .tone(Tone.second))
      await media.connect(endpoint, to: target)
    }

    /// Waits until this many more packets have left.
    func hasSent(_ count: Int) async throws {
      let wanted = await media.packetsSent(endpoint) + count
      let deadline = ContinuousClock.now + .seconds(20)
      while await media.packetsSent(endpoint) < wanted {
        try #require(ContinuousClock.now < deadline, "the stranger doesn't send")
        await Task.yield()
      }
    }

    /// Packets of sound that it was sent.
    var received: Int { get async { await media.observation(endpoint)?.packets ?? -1 } }
  }

  @Test("X4 what strangers send before and after a leg knows its peer, and during a hold, reaches nobody")
  func strangers() async throws {
    var recording = PhoneCallSettings()
    recording.endpoint.packetsKept = 2_000
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await anna.setAnswering(.ring, saying: .tone(Tone.agent), settings: recording)
    let customer = try await floor.customer().call(
      "anna", saying: .tone(Tone.customer), settings: recording)
    let agent = try #require(await anna.nextCall())
    // Nothing comes from the customer at first, so Earshot doesn't know where he sends from.
    await customer.stall(milliseconds: 4_000)
    await agent.answer()
    try await customer.answered()
    let target = try #require(customer.state.audio)
    let far = try await Stranger(at: "127.0.0.9", to: target)
    try await far.hasSent(40)
    #expect(await floor.ear(agent).tones(of: Array(Tone.all)).isEmpty, "before the customer's first packet")
    let refused = try await floor.metric("earshot_media_strangers_total")
    #expect(refused >= 40)
    try #require(await customer.packetsSent() == 0, "all of this was before his first packet")

    _ = await agent.firstSound()
    // From here on the port is the customer's: another one on his own machine is a stranger, too.
    let near = try await Stranger(at: "127.0.0.2", to: target)
    let supervisor = try await sue.connect("*31anna")
    _ = await supervisor.firstSound()
    /// What customer, agent and supervisor hear while both strangers send.
    func ears() async throws -> [Set<Double>] {
      async let fromFar: Void = far.hasSent(40)
      async let fromNear: Void = near.hasSent(40)
      let heard = await floor.ears(customer, agent, supervisor)
      _ = try await (fromFar, fromNear)
      return heard
    }
    let talk: [Set<Double>] = [[Tone.agent], [Tone.customer], [Tone.customer, Tone.agent]]
    var heard = try await ears()
    #expect(heard == talk, "once he is known")
    try await customer.hold(.inactive)
    _ = try await floor.call { !$0.heldBy.isEmpty }
    // The hold sound has the customer's own tone in it.
    heard = try await ears().map { $0.subtracting([Tone.customer]) }
    #expect(heard == [[], [], [Tone.agent]], "during his hold")
    try await customer.unhold()
    _ = try await floor.call { $0.heldBy.isEmpty }
    // The pause is in the sound that he hears until it goes on.
    _ = await customer.firstSound()
    heard = try await ears()
    #expect(heard == talk, "after it")

    for stranger in [far, near] {
      #expect(await stranger.received == 0, "and no stranger is sent anything")
      await stranger.media.stop()
    }
    let sent = Set(await customer.packets().sent.map(\.payload))
    let got = await agent.packets().received.map(\.payload)
    #expect(got.contains { sent.contains($0) })
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "X4 after a party's sound has moved, what is sent from the old place is a stranger's, and it is sent nothing"
  )
  func moved() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    _ = await agent.firstSound()
    let target = try #require(customer.state.audio)
    // His new telephone: the same machine, another port. It speaks before anybody knows of it.
    let handset = PhoneMedia(address: "127.0.0.2")
    let (endpoint, port) = try await handset.open()
    await handset.say(endpoint, .tone(Tone.supervisor))
    await handset.connect(endpoint, to: target)
    #expect(await floor.ear(agent).tones(of: Array(Tone.all)) == [Tone.customer])
    try await customer.moveSound(to: "127.0.0.2", port: port)
    // The old one sends on all the time.
    #expect(await floor.ear(agent).tones(of: Array(Tone.all)) == [Tone.supervisor])
    let heard = Ear(await handset.hear(endpoint, milliseconds: 400))
    #expect(heard.tones(of: Array(Tone.all)) == [Tone.agent])
    await customer.resetObservation()
    let far = try await Stranger(at: "127.0.0.9", to: target)
    try await far.hasSent(40)
    #expect(await floor.ear(agent).tones(of: Array(Tone.all)) == [Tone.supervisor])
    #expect(await customer.observation().packets == 0)
    #expect(await far.received == 0)
    await far.media.stop()
    await handset.stop()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
