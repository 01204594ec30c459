import Phones

/// The pages in a real browser: how soon a supervisor hears, what the list costs, how far it is from his mouth to the
/// agent's ear.
extension Bench {
  func browser() async throws -> [BenchFigure] {
    let count = settings.dashboardCalls
    let script = BrowserScript(arguments(firstAgent: await floor.nextAgent))
    guard let script else { return [BrowserReport.unmeasured] }
    note("\(count) calls that come and go, and a browser on them")
    var quiet = EndpointSettings()
    quiet.memory = 0
    // The first call's agent is whispered to: nothing else is in his ear.
    let whispered = try await floor.calls(1, customer: quiet, agent: quiet)
    let others = try await floor.calls(count - 1, customer: quiet, agent: quiet)
    // Without a pause: who listens to it hears it at once, or not through any fault of the speaker.
    for (index, call) in others.enumerated() { await call.customer.say(.tone(300 + Double(index))) }
    async let beeps = heard(at: whispered[0].agent, while: script)
    async let churn: Void = churn(quiet, while: script)
    let report: Result<BrowserReport, any Error>
    do {
      report = .success(try await script.run(password: password))
    } catch {
      report = .failure(error)
    }
    let heard = await beeps
    try await churn
    try await floor.hangUp((whispered + others).map(\.customer))
    return try report.get().figures(heard: heard)
  }

  private func arguments(firstAgent: Int) -> [String] {
    let wanted = settings.browser
    let numbers = [
      "--first-agent": firstAgent, "--calls": settings.dashboardCalls, "--seconds": wanted.watch,
      "--loads": wanted.loads,
      "--listens": wanted.listens, "--switches": wanted.switches, "--beeps": wanted.beeps,
    ]
    return [
      "--server", server.client.server.absoluteString, "--name", "boss", "--agent-name",
      BenchSettings.agentName,
    ] + numbers.flatMap { [$0.key, String($0.value)] }
  }

  /// When beeps come to that ear, ms since 1970.
  private func heard(at ear: PhoneCall, while script: BrowserScript) async -> [Double] {
    var times: [Double] = []
    while !script.isOver {
      guard let time = await ear.firstSound(above: -35, within: 1_000) else { continue }
      times.append(Double(time) / 1_000_000)
      // The beep is over by then, and the next has not begun.
      try? await Task.sleep(for: .milliseconds(600))
    }
    return times
  }

  /// One call begins and one ends each second.
  private func churn(_ endpoint: EndpointSettings, while script: BrowserScript) async throws {
    let clock = ContinuousClock()
    let limit = clock.now + Self.patience
    while !script.isOver {
      let next = clock.now + .seconds(1)
      let call = try await floor.calls(1, customer: endpoint, agent: endpoint)
      try await Task.sleep(until: next, clock: clock)
      try await floor.hangUp(call.map(\.customer))
      if clock.now > limit { script.stop() }
    }
  }

  /// Longest time for all that a browser does.
  private static let patience = Duration.seconds(400)
}
