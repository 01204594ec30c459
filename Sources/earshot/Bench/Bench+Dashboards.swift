import Foundation
import Phones

/// What it costs that many people watch, and how soon they are told.
extension Bench {
  func dashboards() async throws -> [BenchFigure] {
    var quiet = EndpointSettings()
    quiet.memory = 0
    let count = settings.dashboardCalls
    note("\(count) calls that come and go, then \(settings.dashboards) dashboards on them")
    let calls = try await floor.calls(count, customer: quiet, agent: quiet)
    for (index, call) in calls.enumerated() {
      await call.customer.say(.clip(.babble, from: index * 97))
      await call.agent.say(.clip(.babble, from: index * 61 + 9_000))
    }
    let alone = try await churned(quiet, watchedBy: nil)
    guard let port = server.client.server.port.flatMap({ UInt16(exactly: $0) }) else {
      throw BenchError("the API's address has no port")
    }
    let crowd = try DashboardCrowd(
      port: port, tokens: (0..<settings.dashboards).map { BenchSettings.token(ofWatcher: $0, password) })
    crowd.start()
    try await awaitSnapshots(of: crowd, quiet)
    let watched = try await churned(quiet, watchedBy: crowd)
    let octets = Double(crowd.octets) / Double(crowd.count) / 1_000
    let closed = crowd.closed
    crowd.stop()
    try await floor.hangUp(calls.map(\.customer))
    let added = (watched.load - alone.load) * 100
    return [
      BenchFigure(
        id: "dashboards-cpu",
        figure:
          "\(settings.dashboards) dashboards on \(count) calls, one more begins and ends each second",
        must: "< 30 % of a core",
        measured:
          "\(Self.text(added, 0)) % of a core (\(Self.text(watched.load * 100, 0)) % with the calls, "
          + "\(Self.text(octets, 0)) kB each, \(closed) closed)",
        isMet: added < 30 && closed == 0, value: added),
      watched.told.toldFigure(crowd.count),
    ]
  }

  /// Waits until each dashboard has had news, and so the floor as it was: a thousand snapshots at once are another matter
  /// than a thousand that are kept up to date.
  private func awaitSnapshots(of crowd: DashboardCrowd, _ endpoint: EndpointSettings) async throws {
    crowd.await(await floor.nextCaller)
    let call = try await floor.calls(1, customer: endpoint, agent: endpoint)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while crowd.arrivals.count + crowd.closed < crowd.count {
      guard clock.now < deadline else {
        let without = crowd.count - crowd.closed - crowd.arrivals.count
        throw BenchError(
          "\(without) dashboards had no news within 60 s; run it while the machine has nothing else to do")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    try await floor.hangUp(call.map(\.customer))
  }

  private struct Churn {
    /// Of a core.
    var load = 0.0
    /// From a call's INVITE to each dashboard's having its news.
    var told = ChangeTime()
  }

  /// Calls come and go for the window, beside those that stay.
  private func churned(_ endpoint: EndpointSettings, watchedBy crowd: DashboardCrowd?) async throws -> Churn {
    try await Task.sleep(for: .seconds(2))
    var churn = Churn()
    let clock = ContinuousClock()
    let start = clock.now
    let before = try server.usage()
    while clock.now - start < .seconds(settings.window) {
      // Within a second everybody is to be told.
      let next = clock.now + .seconds(1)
      crowd?.await(await floor.nextCaller)
      let call = try await floor.calls(1, customer: endpoint, agent: endpoint)
      try await Task.sleep(until: next, clock: clock)
      if let crowd {
        let arrivals = crowd.arrivals
        for arrival in arrivals { churn.told.add(arrival - call[0].customer.state.invited) }
        churn.told.missed += crowd.count - crowd.closed - arrivals.count
      }
      try await floor.hangUp(call.map(\.customer))
    }
    churn.load = (try server.usage() - before) / ((clock.now - start) / .seconds(1))
    return churn
  }
}

extension ChangeTime {
  fileprivate func toldFigure(_ dashboards: Int) -> BenchFigure {
    let late = latency.percentile(0.95) ?? .infinity
    return BenchFigure(
      id: "dashboards-told", figure: "a call's INVITE → told to each of \(dashboards) dashboards",
      must: "p95 < 1 s",
      measured: latency.count == 0
        ? "never"
        : "median \(Bench.text(latency.median ?? 0, 0)) ms, p95 \(Bench.text(late, 0)), "
          + "p99 \(Bench.text(latency.percentile(0.99) ?? 0, 0)) (\(latency.count) times, \(missed) missed)",
      isMet: latency.count > 0 && missed * 100 <= latency.count && late < 1_000, value: latency.median)
  }
}
