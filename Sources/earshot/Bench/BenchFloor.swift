import Audio
import Phones
import RTP

/// The load generator's phones: customers, agents and supervisors by the hundred, on one media thread.
actor BenchFloor {
  static let customerAddress = "127.0.0.2"
  static let agentAddress = "127.0.0.3"

  struct Call: Sendable {
    let customer: PhoneCall
    let agent: PhoneCall
    /// What a supervisor dials behind his feature code.
    let agentExtension: String
    let agentPhone: Phone
  }

  nonisolated let media = PhoneMedia(tick: 250)
  private let customers: PhoneBank
  private let agents: PhoneBank
  private let supervisors: PhoneBank
  /// `host:port`.
  private var server = ""
  private var lastAgent = 0

  init() {
    customers = PhoneBank(address: Self.customerAddress, media: media, userAgent: "Earshot bench")
    agents = PhoneBank(address: Self.agentAddress, media: media, userAgent: "Earshot bench")
    supervisors = PhoneBank(media: media, userAgent: "Earshot bench")
  }

  /// - Parameter server: `host:port` of its SIP.
  func call(at server: String) { self.server = server }

  func open() async throws {
    try await customers.open()
    try await agents.open()
    try await supervisors.open()
  }

  var agentPort: UInt16 { get async { await agents.port } }

  /// The name by which the next call's customer will be known.
  var nextCaller: String { "\"c\(lastAgent + 1)\"" }

  /// The number of the next call and of its agent.
  var nextAgent: Int { lastAgent + 1 }

  func close() async {
    await customers.stop()
    await agents.stop()
    await supervisors.stop()
    await media.stop()
  }

  /// Sets up that many calls, a few at a time.
  func calls(_ count: Int, customer: EndpointSettings, agent: EndpointSettings) async throws -> [Call] {
    let numbers = (0..<count).map { _ in
      lastAgent += 1
      return lastAgent
    }
    return try await inParallel(numbers) { try await self.call($0, customer: customer, agent: agent) }
  }

  private func call(
    _ number: Int, customer: EndpointSettings, agent: EndpointSettings
  ) async throws -> Call {
    let name = "a\(number)"
    let phone = await agents.phone(PhoneAccount(user: name), server: server)
    var settings = PhoneCallSettings()
    settings.endpoint = agent
    await phone.setAnswering(.automatic, settings: settings)
    settings.endpoint = customer
    let caller = await customers.phone(PhoneAccount(user: "c\(number)"), server: server)
    let out = try await caller.connect(name, settings: settings)
    guard let into = await phone.nextCall() else { throw CancellationError() }
    await into.wait(for: .answered)
    return Call(customer: out, agent: into, agentExtension: name, agentPhone: phone)
  }

  /// A supervisor dials in on each call by a feature code.
  func supervise(
    _ calls: [Call], code: String, password: String, settings endpoint: EndpointSettings
  ) async throws -> [PhoneCall] {
    let boss = await supervisors.phone(PhoneAccount(user: "boss", password: password), server: server)
    var settings = PhoneCallSettings()
    settings.endpoint = endpoint
    return try await inParallel(calls) { [settings] in
      try await boss.connect(code + $0.agentExtension, settings: settings)
    }
  }

  func supervise(_ call: Call, code: String, password: String, settings endpoint: EndpointSettings)
    async throws
    -> PhoneCall
  {
    let boss = await supervisors.phone(PhoneAccount(user: "boss", password: password), server: server)
    var settings = PhoneCallSettings()
    settings.endpoint = endpoint
    return try await boss.connect(code + call.agentExtension, settings: settings)
  }

  /// Each agent hands his customer to a colleague who is called for it (blind transfer).
  func transfer(_ calls: [Call], agent: EndpointSettings) async throws -> [Call] {
    let first = lastAgent + 1
    lastAgent += calls.count
    return try await inParallel(Array(calls.enumerated())) { [server] index, call in
      let name = "a\(first + index)"
      let phone = await self.agents.phone(PhoneAccount(user: name), server: server)
      var settings = PhoneCallSettings()
      settings.endpoint = agent
      await phone.setAnswering(.automatic, settings: settings)
      let status = await call.agent.transfer(to: "sip:\(name)@\(server)")
      guard status == 200, let into = await phone.nextCall() else {
        throw BenchError("a transfer ended with \(status.map(String.init) ?? "the call")")
      }
      await into.wait(for: .answered)
      return Call(customer: call.customer, agent: into, agentExtension: name, agentPhone: phone)
    }
  }

  func hangUp(_ calls: [PhoneCall]) async throws {
    _ = try await inParallel(calls) { call in
      await call.hangUp()
      return true
    }
  }

  /// Works on all, sixteen at a time, and keeps their order.
  private func inParallel<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var results = [Result?](repeating: nil, count: items.count)
      for (index, item) in items.enumerated() {
        if index >= 16, let (done, result) = try await group.next() { results[done] = result }
        group.addTask { (index, try await work(item)) }
      }
      while let (done, result) = try await group.next() { results[done] = result }
      return results.compactMap { $0 }
    }
  }
}

extension SoundClip {
  /// Something like speech for the load: noise that swells and fades four times a second, with pauses.
  static let babble: SoundClip = {
    var state: UInt64 = 1
    return SoundClip(
      (0..<40_000).map { index in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        let noise = Int(Int16(truncatingIfNeeded: state >> 40))
        let phase = index % 2_000
        let swell = phase < 1_000 ? phase : 2_000 - phase
        return Int16(index % 24_000 < 16_000 ? noise * swell / 1_000 / 8 : 0)
      }, loops: true)
  }()
}
