import API
import Phones
import RTP

/// Earshot's own share of a whisper out of a browser: from the SRTP packet to the packet at the agent that carries it.
extension Bench {
  func browserWhispers() async throws -> [BenchFigure] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    quiet.jitter = 0.35
    var speaking = quiet
    speaking.sendsReports = false
    var reading = quiet
    reading.readsMarks = true
    let count = settings.whisperers
    note("\(count) calls, each whispered into by a browser")
    let calls = try await floor.calls(count, customer: quiet, agent: reading)
    let crowd = SpeakerCrowd()
    let identity = try BrowserListener.Identity()
    var sessions: [String] = []
    var ports: [UInt16] = []
    let ids = try await server.client.calls().filter { $0.phase == "answered" }.map(\.id)
    for (number, call) in ids.prefix(count).enumerated() {
      let listener = try BrowserListener(identity, number: number)
      let session = try await server.client.supervise(
        call, .init(mode: .whisper, offer: listener.offer("pcmu")))
      let connection = try await listener.connected(to: session.answer ?? "")
      ports.append(try crowd.add(listener, connection))
      sessions.append(session.id)
    }
    crowd.start()
    // A session is live when the server has seen the end of its handshake.
    for session in sessions { try await talk(session) }
    var voices: [EndpointID] = []
    for port in ports {
      let voice = try await media.open(speaking)
      await media.connect(voice.id, to: .plain(port))
      await media.say(voice.id, .marks)
      voices.append(voice.id)
    }
    // The queues find their margin first.
    try await Task.sleep(for: .seconds(5))
    for call in calls { await call.agent.resetObservation() }
    try await Task.sleep(for: .seconds(settings.window))
    var latency = LatencyHistogram()
    var missing = 0
    for call in calls {
      let seen = await call.agent.observation()
      latency.merge(seen.latency)
      missing += seen.marksMissing + seen.marksOutOfOrder
    }
    crowd.stop()
    for voice in voices { await media.close(voice) }
    for session in sessions { try await server.client.end(session) }
    try await floor.hangUp(calls.map(\.customer))
    return [latency.shareFigure(count, missing: missing)]
  }

  private func talk(_ session: String) async throws {
    for _ in 0..<50 {
      if try await server.client.supervision(session).phase == "live" { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    _ = try await server.client.talk(session, true)
  }
}

extension LatencyHistogram {
  fileprivate func shareFigure(_ browsers: Int, missing: Int) -> BenchFigure {
    let late = percentile(0.95) ?? .infinity
    let concealed = Double(missing) / Double(max(count + missing, 1)) * 100
    return BenchFigure(
      id: "browser-whisper",
      figure: "Earshot's share of a browser's whisper: SRTP packet → agent's packet, \(browsers) at once",
      must: "p95 ≤ 25 ms",
      measured: count == 0
        ? "no mark arrived"
        : "median \(Bench.text(median ?? 0, 1)) ms, p95 \(Bench.text(late, 1)), "
          + "p99 \(Bench.text(percentile(0.99) ?? 0, 1)), \(Bench.text(concealed, 2)) % concealed (\(count) frames)",
      isMet: count > 0 && late <= 25, value: median)
  }
}
