import Phones

/// All parts of the bench, one after the other, each against a server of its own: nothing of what an earlier part left is
/// measured by a later one.
struct BenchRun: Sendable {
  let settings: BenchSettings
  /// Of the supervisor.
  let password: String
  let floor: BenchFloor
  /// Starts a server.
  let start: @Sendable (BenchSettings.Variant) async throws -> BenchServer
  let note: @Sendable (String) -> Void
  /// What latencies of the wire are compared with: the same generator without a server.
  private(set) var direct = LatencyHistogram()

  init(
    settings: BenchSettings, password: String, floor: BenchFloor,
    start: @escaping @Sendable (BenchSettings.Variant) async throws -> BenchServer,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.password = password
    self.floor = floor
    self.start = start
    self.note = note
  }

  private static var parts: [(Bench.Part, (Bench) -> () async throws -> [BenchFigure])] {
    [
      (.load, Bench.callLoad), (.capacity, Bench.capacity), (.overload, Bench.overload),
      (.workers, Bench.twoWorkers),
      (.memory, Bench.plainMemory), (.memory, Bench.supervisedMemory), (.soak, Bench.rate),
      (.soak, Bench.rounds),
      (.joins, Bench.attaching), (.whispers, Bench.whisperLatency), (.changes, Bench.changes),
      (.dashboards, Bench.dashboards), (.listeners, Bench.listeners),
      (.browserWhispers, Bench.browserWhispers), (.browser, Bench.browser),
    ]
  }

  mutating func figures() async -> [BenchFigure] {
    var figures: [BenchFigure] = []
    do {
      direct = try await DirectWay.measure(on: floor.media)
    } catch {
      note("no latency of the generator alone: \(error)")
    }
    for (part, measure) in Self.parts where settings.only.map({ $0 == part }) ?? !part.isLong {
      do {
        figures += try await fresh { try await measure($0)() }
      } catch {
        note("given up: \(error)")
        figures.append(
          BenchFigure(
            id: "error", figure: "a measurement failed", must: "none", measured: "\(error)", isMet: false))
      }
    }
    return figures
  }

  /// Measures a server that nobody has used. Calls of the generator go there until it is stopped.
  func fresh<Result: Sendable>(
    _ variant: BenchSettings.Variant = .init(), _ measure: (Bench) async throws -> Result
  ) async throws -> Result {
    let server = try await start(variant)
    await floor.call(at: server.sip)
    do {
      let result = try await measure(Bench(run: self, server: server))
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }
}
