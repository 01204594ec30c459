import API
import Phones
import Supervision

/// What listening by browser costs: encoding and sealing, over that of the calls themselves.
extension Bench {
  func listeners() async throws -> [BenchFigure] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    let count = settings.listeners
    note("\(count) calls, each with a browser that listens")
    let calls = try await floor.calls(count, customer: quiet, agent: quiet)
    for (index, call) in calls.enumerated() {
      await call.customer.say(.clip(.babble, from: index * 97))
      await call.agent.say(.clip(.babble, from: index * 61 + 9_000))
    }
    let alone = try await load()
    let identity = try BrowserListener.Identity()
    var figures: [BenchFigure] = []
    for (codec, name) in [("opus", "Opus"), ("pcmu", "G.711")] {
      figures.append(try await listen(codec, name, count, identity, alone: alone))
    }
    try await floor.hangUp(calls.map(\.customer))
    return figures
  }

  private func listen(
    _ codec: String, _ name: String, _ count: Int, _ identity: BrowserListener.Identity, alone: Double
  ) async throws -> BenchFigure {
    let crowd = ListenerCrowd()
    var sessions: [String] = []
    let ids = try await server.client.calls().filter { $0.phase == "answered" }.map(\.id)
    for (number, call) in ids.prefix(count).enumerated() {
      let listener = try BrowserListener(identity, number: number)
      let session = try await server.client.supervise(
        call, .init(mode: .listen, offer: listener.offer(codec)))
      sessions.append(session.id)
      let connection = try await listener.connected(to: session.answer ?? "")
      crowd.add(listener, check: connection.check)
    }
    crowd.start()
    let before = crowd.packets
    let load = try await load()
    let packets = Double(crowd.packets - before) / Double(max(sessions.count, 1))
    crowd.stop()
    for session in sessions { try await server.client.end(session) }
    let added = (load - alone) * 100
    // Two seconds of settling, and the window.
    let expected = Double(settings.window + 2) * 50
    let isHeard = sessions.count == count && packets > expected * 0.9
    var measured =
      "\(Self.text(added, 0)) % of a core (\(Self.text(load * 100, 0)) % with the calls, "
      + "\(Self.text(packets / Double(settings.window + 2), 1)) packets/s each)"
    if !isHeard { measured += "; void: \(sessions.count) listen, and not all of them hear" }
    note("\(count) listeners, \(name): \(measured)")
    return BenchFigure(
      id: "listeners-\(codec)", figure: "\(count) browsers listen to \(count) calls, \(name)",
      must: codec == "opus" ? "≤ 50 % of a core" : "–", measured: measured,
      isMet: codec == "opus" ? added <= 50 && isHeard : nil, value: added)
  }

  /// Of a core, over the window.
  private func load() async throws -> Double {
    try await Task.sleep(for: .seconds(2))
    let clock = ContinuousClock()
    let start = clock.now
    let before = try server.usage()
    try await Task.sleep(for: .seconds(settings.window))
    return (try server.usage() - before) / ((clock.now - start) / .seconds(1))
  }
}
