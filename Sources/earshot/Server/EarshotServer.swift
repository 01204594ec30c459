import API
import CallControl
import Configuration
import Glibc
import Media
import Signalling
import Storage
import Supervision

/// All parts of one Earshot, wired: planes report to the switchboard and obey it, the desk and the API stand on it.
/// Wiring only; nothing is decided here.
final class EarshotServer: Sendable {
  let configuration: Configuration
  let switchboard: Switchboard
  let desk: SupervisorDesk
  private let audit: SQLiteAuditLog
  private let media: MediaEngine
  private let load: LoadWatch
  private let signalling: SIPPlane
  private let http: HTTPServer
  private let records: CallRecordFile
  private let log: Log
  /// The bound SIP address, and the URL of the API.
  let sipAddress: String
  let apiURL: String

  /// Starts everything; a part that can't be started stops those before it again.
  init(_ configuration: Configuration, log: Log) async throws {
    let clock = SystemCallClock()
    let directory = ConfigDirectory(configuration)
    let relay = EventRelay()
    var settings = AuditSettings(folder: configuration.storage.folder, node: configuration.storage.node)
    settings.deadline = .milliseconds(Int64(configuration.storage.audit.gateDeadline * 1_000))
    let audit = try await SQLiteAuditLog.open(settings, onHealthChange: { relay.audit($0) })
    let records = try CallRecordFile(folder: configuration.storage.folder, log: log)
    let phones = BrowserPhones()
    let switchboard = Switchboard(
      directory: directory, audit: audit, clock: clock, ringTimeout: configuration.signalling.ringTimeout,
      presence: phones,
      records: { records.append($0) }, log: { log.info($0) })
    let grace = configuration.tenants.map(\.policy.auditGrace).min() ?? Policy().auditGrace
    relay.connect(switchboard, grace: grace, log: log)

    var media: MediaEngine?
    var signalling: SIPPlane?
    do {
      let engine = try MediaEngine(configuration.mediaSettings) { switchboard.receive($0, $1) }
      media = engine
      let plane = SIPPlane(
        try configuration.signallingSettings(), log: { log.info($0) }, onEvent: { switchboard.receive($0) })
      switchboard.connect(signalling: SignallingExchange(sip: plane, browsers: phones), media: engine)
      phones.connect { switchboard.receive($0) }
      try await plane.start()
      signalling = plane
      let load = LoadWatch(
        configuration.overloadLimits, media: engine, clock: clock, switchboard: switchboard,
        log: { log.warning($0) })
      load.start()
      self.load = load
      let metrics = ServerMetrics(
        switchboard: switchboard, signalling: plane, media: engine, load: load, audit: audit,
        started: clock.now())
      let desk = SupervisorDesk(switchboard)
      let service = APIService(
        desk: desk, directory: directory, now: { clock.now() },
        probes: .init(metrics: { await metrics.all }, faults: { metrics.faults }),
        browsers: .init(
          console: configuration.console(log), phones: phones, agents: AgentDesk(switchboard),
          proxies: TrustedProxies(configuration.api.trustedProxies), iceServers: configuration.iceServers),
        version: Program.version)
      let listen = configuration.api.listen
      let tls = try configuration.tlsFiles(log)
      if tls == nil, !listen.isLoopback, configuration.api.trustedProxies.isEmpty {
        log.warning(
          "the pages are served beyond this machine without TLS: passwords and cookies can be read on the way, and "
            + "browsers give no microphone. Set api.tls (\"self-signed\" will do), or listen on 127.0.0.1")
      }
      http = try HTTPServer(
        listen: ListenAddress(listen.host, port: listen.port), tls: tls, handler: service,
        log: { log.warning($0) })
      self.desk = desk
      self.media = engine
      self.signalling = plane
      var bound = configuration.signalling.listen
      bound.port = Int(await plane.port)
      sipAddress = "\(bound)"
      apiURL =
        "\(tls == nil ? "http" : "https")://\(http.address.isIPv6 ? "[\(http.address.address)]" : http.address.address):\(http.address.port)"
    } catch {
      await signalling?.stop()
      await media?.stop()
      await audit.stop()
      throw error
    }
    self.configuration = configuration
    self.switchboard = switchboard
    self.audit = audit
    self.records = records
    self.log = log
    report(.started, "Earshot \(Program.version) takes up its work")
  }

  /// Lets calls end by themselves for `drain` seconds, ends the others with a Reason, closes the books.
  func stop(drain: Int = 0) async {
    load.stop()
    switchboard.refuseNewCalls()
    if drain > 0, switchboard.counts.calls > 0 {
      log.info("\(switchboard.counts.calls) calls may end by themselves for \(drain) s")
      let empty = Task { await switchboard.empty() }
      let limit = Task { [switchboard] in
        try await Task.sleep(for: .seconds(drain))
        switchboard.endAll(HangupReason(cause: 503, text: "Earshot is stopping"))
      }
      await empty.value
      limit.cancel()
    }
    await switchboard.stop(HangupReason(cause: 503, text: "Earshot is stopping"))
    await http.stop()
    await signalling.stop()
    await media.stop()
    report(.stopped, "Earshot has laid down its work in order")
    await audit.stop()
    await records.close()
  }

  /// The process's own acts are in every tenant's chain.
  private func report(_ action: AuditAction, _ outcome: String) {
    for tenant in configuration.tenants {
      let entry = AuditEntry(
        tenant: tenant.name, action: action, time: SystemCallClock().now().wall, origin: .system,
        outcome: outcome)
      audit.submit(entry, urgency: .after) { [log] result in
        if case .failure(let fault) = result { log.error("audit: \(fault.explanation)") }
      }
    }
  }
}
