import Supervision

/// The HTTP interface of Earshot: routes, authentication, and what stands behind each.
package struct APIService: HTTPHandler {
  /// What the process tells of itself.
  package struct Probes: Sendable {
    package var metrics: @Sendable () async -> [Metric]
    /// Why it can't take calls at present, in sentences; empty when it can.
    package var faults: @Sendable () -> [String]

    package init(
      metrics: @escaping @Sendable () async -> [Metric] = { [] },
      faults: @escaping @Sendable () -> [String] = { [] }
    ) {
      self.metrics = metrics
      self.faults = faults
    }
  }

  /// What belongs to browsers: their pages, their agents' phones, and who stands between.
  package struct Browsers: Sendable {
    /// nil: no pages.
    package var console: ConsoleFolder?
    package var phones: BrowserPhones?
    package var agents: (any AgentCalls)?
    package var proxies: TrustedProxies
    /// WebSockets of one user, and in all. Less than `HTTPLimits.connections`, so that requests find room beside them.
    package var sockets: (user: Int, total: Int)
    package var lifetime = SignInSessions.Lifetime()
    /// That the pages' connections may use.
    package var iceServers: [ICEServer]

    package init(
      console: ConsoleFolder? = nil, phones: BrowserPhones? = nil, agents: (any AgentCalls)? = nil,
      proxies: TrustedProxies = TrustedProxies(), sockets: (user: Int, total: Int) = (20, 1_800),
      iceServers: [ICEServer] = []
    ) {
      self.console = console
      self.phones = phones
      self.agents = agents
      self.proxies = proxies
      self.sockets = sockets
      self.iceServers = iceServers
    }
  }

  private let router: Router
  private let events: EventsEndpoint
  private let phone: PhoneEndpoint?
  private let pages: ConsolePages
  private let proxies: TrustedProxies
  private let counters: APICounters

  /// - Parameters:
  ///   - now: the process's clock.
  ///   - pacing: how often a dashboard is told news, and by which clock.
  package init(
    desk: any CallDesk, directory: any Directory, now: @escaping @Sendable () -> Moment,
    probes: Probes = Probes(), pacing: EventPacing = EventPacing(), browsers: Browsers = Browsers(),
    version: String = ""
  ) {
    let sessions = SignInSessions(directory: directory, lifetime: browsers.lifetime, now: now)
    let counters = APICounters()
    self.counters = counters
    let authentication = Authentication(directory: directory, sessions: sessions, counters: counters)
    let ledger = SocketLedger(user: browsers.sockets.user, total: browsers.sockets.total)
    let door = SocketDoor(authentication: authentication, ledger: ledger, clock: pacing.clock)
    let feeds = EventFeeds(desk: desk, pacing: pacing, now: now) { tenant, update, feed in
      EventsEndpoint.text(update, of: feed, at: now(), policy: directory.policy(tenant: tenant))
    }
    let answers = IdempotentAnswers(now: now)
    events = EventsEndpoint(door: door, feeds: feeds, desk: desk)
    phone = browsers.phones.flatMap { phones in
      browsers.agents.map { PhoneEndpoint(door: door, phones: phones, agents: $0, now: now) }
    }
    pages = ConsolePages(folder: browsers.console, authentication: authentication)
    proxies = browsers.proxies
    var probes = probes
    probes.metrics = { [metrics = probes.metrics, phones = browsers.phones] in
      let counts = phones?.counts ?? (phones: 0, legs: 0)
      let own = counters.metrics(
        sessions: sessions.count, sockets: ledger.total, phones: counts.phones, legs: counts.legs)
      return await metrics() + own
    }
    router = Router(
      CallEndpoints(authentication: authentication, desk: desk, now: now).routes
        + SupervisionEndpoints(authentication: authentication, desk: desk, answers: answers).routes
        + AuditEndpoint(authentication: authentication, desk: desk).routes
        + SessionEndpoints(
          authentication: authentication, gate: SignInGuard(now: now), now: now, version: version,
          iceServers: browsers.iceServers
        ).routes
        + ProbeEndpoints(probes: probes).routes + events.routes + (phone?.routes ?? []))
  }

  package func respond(to request: HTTPRequest) async -> HTTPResponse {
    let request = proxies.unwrapped(request)
    if let page = pages.answer(request) { return page }
    switch router.match(request.method, request.path) {
    case .nothing:
      return Problem.notFound(request.path).at(request.path).response
    case .otherMethods(let methods) where request.method == .options:
      let list = methods.map(\.rawValue).sorted().joined(separator: ", ")
      return HTTPResponse(status: 204, headers: [.init("allow", list)])
    case .otherMethods(let methods):
      return Problem.methodNotAllowed(request.method, allowed: methods).at(request.path).response
    case .route(let route, let parameters):
      do {
        return try await route.answer(HTTPExchange(request: request, parameters: parameters))
      } catch {
        return error.at(request.path).response
      }
    }
  }

  package func noteGarbage() { counters.count(\.garbage) }

  package func upgrade(_ request: HTTPRequest) -> WebSocketDecision {
    let request = proxies.unwrapped(request)
    do throws(Problem) {
      switch request.path {
      case EventsEndpoint.path: return .accept(try events.session(for: request))
      case PhoneEndpoint.path:
        guard let phone else { throw Problem.notFound(request.path) }
        return .accept(hears: PhoneEndpoint.longest, try phone.session(for: request))
      default: throw Problem.notFound(request.path)
      }
    } catch {
      return .refuse(error.at(request.path).response)
    }
  }
}

extension HTTPResponse {
  /// A document as the body.
  static func json(_ document: some Encodable, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status,
      headers: [.init("content-type", "application/json"), .init("cache-control", "no-store")],
      body: JSONDocument.encode(document))
  }
}
