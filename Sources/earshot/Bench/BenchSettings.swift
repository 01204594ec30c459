import Phones

/// How much is measured for how long. A plain value.
struct BenchSettings: Hashable, Sendable {
  /// nil: everything.
  var only: Bench.Part?
  /// Calls at once for the CPU figures.
  var calls = 500
  /// Seconds that each CPU figure is taken over.
  var window = 20
  /// Calls at once for the latency of whispers.
  var latencyCalls = 400
  /// Joins, switches and leaves for the continuity of the calls.
  var changes = 1_000
  /// Calls among which the changes are spread.
  var changingCalls = 20

  /// Numbers of calls at once that cost and latency are taken at, rising.
  var capacitySteps = [100, 250, 500, 650, 800, 1_000]
  /// Numbers of calls at once that memory is taken at; its slope leaves out the first.
  var memorySteps = [100, 500, 1_000, 1_500]
  /// Calls one after another, joins and leaves, and how long calls begin at a hundred a second.
  var soakCalls = 100_000
  var soakChanges = 10_000
  var rateSeconds = 60
  /// Watching dashboards, and the calls that they watch.
  var dashboards = 1_000
  var dashboardCalls = 200
  /// Browsers that listen, each to a call of its own.
  var listeners = 100
  /// How often the real browser does each thing, and how long it is watched; `dashboardCalls` are on its page.
  var browser = Browser()
  /// Browsers that whisper, each into a call of its own.
  var whisperers = 50

  struct Browser: Hashable, Sendable {
    var loads = 6
    var listens = 30
    var switches = 40
    var beeps = 40
    /// Seconds.
    var watch = 20
  }

  /// Everything shorter: to see that it works, not how well.
  static let quick: BenchSettings = {
    var settings = BenchSettings()
    settings.calls = 100
    settings.window = 5
    settings.latencyCalls = 60
    settings.changes = 200
    settings.capacitySteps = [50, 100]
    settings.memorySteps = [20, 50, 100]
    settings.soakCalls = 1_000
    settings.soakChanges = 200
    settings.rateSeconds = 5
    settings.dashboards = 100
    settings.dashboardCalls = 50
    settings.listeners = 20
    settings.browser = Browser(loads: 3, listens: 15, switches: 20, beeps: 10, watch: 5)
    settings.whisperers = 10
    return settings
  }()

  /// A server that differs from that of most figures: one worker, which sheds nothing.
  struct Variant: Hashable, Sendable {
    var workers = 1
    var sheddingSupervision = 101
    var sheddingCalls = 101
  }

  /// As the file that `earshot serve` reads: customers behind one trunk, agents behind another, one supervisor who
  /// may be on all calls at once.
  func configuration(_ variant: Variant, folder: String, agents: UInt16, token: String, password: String)
    -> String
  {
    let watchers = (0..<dashboards).map { number in
      "{ name: \"w\(number)\", role: \"supervisor\", token: \"\(Self.token(ofWatcher: number, password))\", grants: [{ permissions: [\"view\"] }] },"
    }
    return """
      {
        signalling: { listen: "127.0.0.1:0" },
        media: { bindAddress: "127.0.0.1", rtpPorts: { from: 16384, to: 31999 }, workers: \(variant.workers) },
        overload: { supervision: \(variant.sheddingSupervision), calls: \(variant.sheddingCalls) },
        api: { listen: "127.0.0.1:0" },
        storage: { folder: "\(folder)" },
        log: { level: "warning" },
        tenants: [{ name: "bench", policy: { severalCallsPerSupervisor: true } }],
        users: [
          {
            name: "boss", role: "supervisor", password: "\(password)", token: "\(token)",
            grants: [{ permissions: ["view", "listen", "whisper", "barge", "takeover", "review-audit"] }],
          },
          { name: "\(Self.agentName)", role: "agent", password: "\(password)" },
      \(watchers.joined(separator: "\n"))
        ],
        trunks: [
          { name: "customers", addresses: ["\(BenchFloor.customerAddress)"], trusted: true },
          {
            name: "agents", addresses: ["\(BenchFloor.agentAddress)"], nextHop: "\(BenchFloor.agentAddress):\(agents)",
            customerSide: false,
          },
        ],
        routing: [{ pattern: "a*", to: { trunk: "agents", strip: 0, prefix: "" } }],
      }

      """
  }

  /// Of the one agent who has a page.
  static let agentName = "dave"

  /// Of one who only watches.
  static func token(ofWatcher number: Int, _ password: String) -> String {
    "watcher-\(number)-of-\(password)"
  }
}
