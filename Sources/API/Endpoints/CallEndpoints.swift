import Supervision

/// `GET /v1/calls`, `GET /v1/calls/{id}`, `POST /v1/calls/{id}/notes`, `POST /v1/calls/{id}/participants`.
struct CallEndpoints: Sendable {
  let authentication: Authentication
  let desk: any CallDesk
  let now: @Sendable () -> Moment

  var routes: [Router.Route] {
    [
      Router.Route(.get, "/v1/calls") { exchange async throws(Problem) in try await list(exchange) },
      Router.Route(.get, "/v1/calls/{id}") { exchange async throws(Problem) in try await call(exchange) },
      Router.Route(.post, "/v1/calls/{id}/participants") { exchange async throws(Problem) in
        try await invite(exchange)
      },
      Router.Route(.post, "/v1/calls/{id}/notes") { exchange async throws(Problem) in try await note(exchange)
      },
    ]
  }

  private func list(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    _ = try exchange.query(known: [])
    let calls = await desk.calls(for: principal)
    let moment = now()
    let policy = authentication.directory.policy(tenant: principal.tenant)
    return .json(CallListDocument(calls: calls.map { CallDocument($0, at: moment, policy: policy) }))
  }

  private func call(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    do {
      let call = try await desk.call(CallID(exchange.parameter("id")), for: principal)
      let policy = authentication.directory.policy(tenant: principal.tenant)
      return .json(CallDocument(call, at: now(), policy: policy))
    } catch {
      throw Problem(error)
    }
  }

  /// Has a third called in.
  private func invite(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    var members = try exchange.members()
    let number = try members.required("number")
    try members.finish()
    do {
      try await desk.invite(number, to: CallID(exchange.parameter("id")), by: principal)
      return HTTPResponse(status: 202)
    } catch {
      throw Problem(error)
    }
  }

  private func note(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    var members = try exchange.members()
    let text = try members.text(most: 2000)
    try members.finish()
    do {
      try await desk.note(CallID(exchange.parameter("id")), text, by: principal)
      return HTTPResponse(status: 201)
    } catch {
      throw Problem(error)
    }
  }
}
