import Audio
import Signalling

/// A contact centre at work: agents with registered phones, customers behind a trunk, calls that come, are held and
/// end, with people talking. Real SIP and RTP through a server that knows nothing of it being a demo.
package actor DemoFloor {
  package struct Settings: Hashable, Sendable {
    /// `host:port` of the server.
    package var server = "127.0.0.1:5060"
    /// Where the agents' phones are.
    package var agentAddress = "127.0.0.1"
    /// Where the customers' trunk is: another address, by which the server knows it, and its SIP port.
    package var trunkAddress = "127.0.0.2"
    /// 0 for any that is free; `DemoFloor.trunkPort` tells which.
    package var trunkPort: UInt16 = 0
    /// What an agent dials before a customer's number.
    package var outboundPrefix = "0"
    /// Calls that are never gone below, once they have begun.
    package var leastCalls = 6

    package init() {}
  }

  private let settings: Settings
  private let cast: DemoCast
  private let studio: VoiceStudio
  private let log: @Sendable (String) -> Void
  private let media: PhoneMedia
  private let agents: PhoneBank
  private let trunk: PhoneBank
  private var random = SplitMix(seed: UInt64(bitPattern: Clock.wall))
  private var live = 0
  /// Customers who aren't on the phone, those who have been off it longest first.
  private var waiting: [DemoCast.Customer]

  package init(
    _ settings: Settings, cast: DemoCast, studio: VoiceStudio, log: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.cast = cast
    waiting = cast.customers
    self.studio = studio
    self.log = log
    media = PhoneMedia(tick: 1_000)
    agents = PhoneBank(address: settings.agentAddress, media: media, userAgent: "Earshot demo agent")
    trunk = PhoneBank(
      address: settings.trunkAddress, port: settings.trunkPort, media: media,
      userAgent: "Earshot demo trunk")
  }

  /// Binds the ports of agents and trunk.
  package func open() async throws(SIPStackError) {
    try await agents.open()
    try await trunk.open()
  }

  /// The SIP port of the customers' trunk, once it is open.
  package var trunkPort: UInt16 { get async { await trunk.port } }

  /// Works until the task is cancelled, then hangs up and closes everything.
  package func run() async throws {
    try await withThrowingTaskGroup { group in
      for (number, agent) in cast.agents.enumerated() {
        group.addTask { try await self.work(agent, number: number) }
      }
      // The first error is the floor's: all agents stop.
      do { try await group.waitForAll() } catch is CancellationError {}
    }
  }

  package func close() async {
    await agents.stop()
    await trunk.stop()
    await media.stop()
  }

  /// One agent's day.
  private func work(_ agent: DemoCast.Agent, number: Int) async throws {
    let phone = await agents.phone(agent.account, server: settings.server)
    await phone.setAnswering(.ring)
    try await register(phone)
    var round = number
    while !Task.isCancelled {
      let customer = nextCustomer()
      let dialogues = Dialogue.all.filter { $0.queue == agent.queue }
      let dialogue = dialogues[round / cast.agents.count % max(dialogues.count, 1)]
      let track = try await studio.track(of: dialogue, agent: agent.voice, customer: customer.voice)
      // At the beginning the floor is in full swing: nobody starts at the first word but a few.
      let start = round == number ? Int(random.next() % UInt64(track.duration / 2)) : 0
      do {
        let pair =
          agent.queue == "outbound"
          ? try await outbound(phone, customer)
          : try await inbound(agent, phone, customer)
        try await talk(track, from: start, customer: pair.customer, agent: pair.agent)
      } catch is CancellationError {
        break
      } catch {
        log("\(agent.account.user)'s call came to nothing: \(error)")
        try await Task.sleep(for: .seconds(2))
      }
      waiting.append(customer)
      try await Task.sleep(for: .milliseconds(800 + random.next() % 2_500))
      round += cast.agents.count
    }
  }

  /// There are as many customers as agents, so that somebody is always free.
  private func nextCustomer() -> DemoCast.Customer {
    waiting.isEmpty ? cast.customers[0] : waiting.removeFirst()
  }

  /// The server may still be starting.
  private func register(_ phone: Phone) async throws {
    for attempt in 1... {
      do {
        return try await phone.register()
      } catch {
        guard attempt < 20, error.status >= 500 || error.status == 408 else { throw error }
        try await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  private func inbound(
    _ agent: DemoCast.Agent, _ phone: Phone, _ customer: DemoCast.Customer
  ) async throws -> (customer: PhoneCall, agent: PhoneCall) {
    let caller = await trunk.phone(
      PhoneAccount(user: customer.number, name: customer.name), server: settings.server)
    let headers = [
      "X-Earshot-Queue: \(agent.queue)", "X-Earshot-Campaign: \(agent.campaign)",
      "X-Earshot-Agent: \(agent.account.user)", "X-Earshot-Team: \(agent.team)",
      "X-Earshot-Site: \(agent.site)", "X-Earshot-Language: en",
      "X-Earshot-Customer-Tier: \(customer.tier)",
    ]
    let out = try await caller.call(agent.account.user, headers: headers)
    let into = try await answer(
      of: phone, to: out, from: customer.number, ringing: 600 + random.next() % 2_000)
    return (out, into)
  }

  private func outbound(
    _ phone: Phone, _ customer: DemoCast.Customer
  ) async throws -> (customer: PhoneCall, agent: PhoneCall) {
    let callee = await trunk.phone(PhoneAccount(user: customer.number, name: customer.name))
    await callee.setAnswering(.ring)
    let out = try await phone.call(settings.outboundPrefix + customer.number)
    let into = try await answer(
      of: callee, to: out, from: phone.account.user, ringing: 1_500 + random.next() % 3_000)
    return (into, out)
  }

  /// Lets `phone` ring and answer the call `out` of `caller`. Whoever else calls is told that the line is busy.
  private func answer(
    of phone: Phone, to out: PhoneCall, from caller: String, ringing: UInt64
  ) async throws -> PhoneCall {
    await out.wait(for: .ringing)
    try Task.checkCancellation()
    if let end = out.state.end {
      throw PhoneRefusal(status: end.status, phrase: end.phrase, reason: end.reason)
    }
    while let into = await phone.nextCall() {
      guard into.peer == caller else {
        await into.refuse(486)
        continue
      }
      try await Task.sleep(for: .milliseconds(ringing))
      await into.answer()
      try await out.answered()
      return into
    }
    throw CancellationError()
  }

  /// Both speak their parts; the agent hangs up when all is said. A customer whom somebody else has taken over
  /// stays until he is let go, or a minute after his last word.
  private func talk(
    _ track: DialogueTrack, from start: Int, customer: PhoneCall, agent: PhoneCall
  ) async throws {
    live += 1
    var counts = true
    defer { if counts { live -= 1 } }
    await customer.say(.clip(track.customer, from: start * 8))
    await agent.say(.clip(track.agent, from: start * 8))
    var position = start
    for (time, cue) in track.cues where time >= start {
      try await pass(time - position, agent)
      position = time
      switch cue {
      case .hold: try? await agent.hold()
      case .unhold: try? await agent.unhold()
      }
    }
    try await pass(track.duration - position, agent)
    while live <= settings.leastCalls { try await Task.sleep(for: .milliseconds(200)) }
    live -= 1
    counts = false
    if agent.state.end?.isByPeer == true, customer.state.end == nil {
      await customer.say(.clip(track.customer.looped))
      try await pass(60_000, customer)
      await customer.hangUp()
    }
    await agent.hangUp()
    await customer.hangUp()
  }

  /// Lets time go by, as long as the call lives; ms.
  private func pass(_ milliseconds: Int, _ call: PhoneCall) async throws {
    guard milliseconds > 0 else { return }
    try await withThrowingTaskGroup { group in
      group.addTask { try await Task.sleep(for: .milliseconds(milliseconds)) }
      group.addTask { await call.wait(for: .ended) }
      _ = try await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
  }
}

extension SoundClip {
  /// The same sound, over and over.
  fileprivate var looped: SoundClip {
    var samples = [Int16](repeating: 0, count: count)
    samples.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { _ = fill(base, count: count, at: 0) }
    }
    return SoundClip(samples, loops: true, sampleRate: sampleRate)
  }
}
