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

  private let router: Router
  private let events: EventsEndpoint

  /// - Parameters:
  ///   - now: the process's clock.
  ///   - pacing: how often a dashboard is told news, and by which clock.
  package init(
    desk: any CallDesk, directory: any Directory, now: @escaping @Sendable () -> Moment,
    probes: Probes = Probes(), pacing: EventPacing = EventPacing()
  ) {
    let authentication = BearerAuthentication(directory: directory)
    events = EventsEndpoint(
      authentication: authentication, feeds: EventFeeds(desk: desk, pacing: pacing), pacing: pacing, now: now)
    router = Router(
      CallEndpoints(authentication: authentication, desk: desk, now: now).routes
        + SupervisionEndpoints(
          authentication: authentication, desk: desk, answers: IdempotentAnswers(now: now)
        ).routes
        + AuditEndpoint(authentication: authentication, desk: desk).routes
        + ProbeEndpoints(probes: probes).routes + events.routes)
  }

  package func respond(to request: HTTPRequest) async -> HTTPResponse {
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

  package func upgrade(_ request: HTTPRequest) -> WebSocketDecision {
    guard request.path == EventsEndpoint.path else {
      return .refuse(Problem.notFound(request.path).at(request.path).response)
    }
    do {
      return .accept(try events.session(for: request))
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
