import Supervision

/// `GET /v1/calls`, `GET /v1/calls/{id}`.
struct CallEndpoints: Sendable {
  let authentication: BearerAuthentication
  let desk: any CallDesk
  let now: @Sendable () -> Moment

  var routes: [Router.Route] {
    [
      Router.Route(.get, "/v1/calls") { exchange async throws(Problem) in try await list(exchange) },
      Router.Route(.get, "/v1/calls/{id}") { exchange async throws(Problem) in try await call(exchange) },
    ]
  }

  private func list(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    _ = try exchange.query(known: [])
    let calls = await desk.calls(for: principal)
    let moment = now()
    return .json(CallListDocument(calls: calls.map { CallDocument($0, at: moment) }))
  }

  private func call(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    do {
      let call = try await desk.call(CallID(exchange.parameter("id")), for: principal)
      return .json(CallDocument(call, at: now()))
    } catch {
      throw Problem(error)
    }
  }
}
