import Supervision

/// `POST`, `GET` and `DELETE /v1/session`: signing in and out.
struct SessionEndpoints: Sendable {
  let authentication: Authentication
  let gate: SignInGuard
  let now: @Sendable () -> Moment
  let version: String
  let iceServers: [ICEServer]

  private var directory: any Directory { authentication.directory }
  private var sessions: SignInSessions { authentication.sessions }

  var routes: [Router.Route] {
    [
      Router.Route(.post, "/v1/session") { exchange async throws(Problem) in try signIn(exchange) },
      Router.Route(.get, "/v1/session") { exchange async throws(Problem) in try show(exchange) },
      Router.Route(.delete, "/v1/session") { exchange async throws(Problem) in try signOut(exchange) },
    ]
  }

  /// Says the same of a wrong password and of a name that doesn't exist, and takes the same time for both.
  private func signIn(_ exchange: HTTPExchange) throws(Problem) -> HTTPResponse {
    let request = exchange.request
    // Programs send none. A page of another site must not sign the browser in as somebody else.
    if request.headers.origin != nil { try authentication.requireOwnOrigin(request) }
    var members = try exchange.members()
    let name = try members.required("name")
    let password = try members.required("password")
    try members.finish()
    let counters = authentication.counters
    if let seconds = gate.wait(name: name, address: request.address) {
      counters.count(\.signInsRefused)
      throw .tooManyAttempts(seconds)
    }
    guard let user = directory.user(name: name, password: password) else {
      gate.failed(name: name, address: request.address)
      counters.count(\.signInFailures)
      throw .wrongCredentials
    }
    if let old = SessionCookie.key(in: request) { sessions.end(old) }
    counters.count(\.signIns)
    let key = sessions.begin(user.principal)
    var response = HTTPResponse.json(document(user))
    response.headers.append(SessionCookie.setting(key, isSecure: request.isSecure))
    return response
  }

  private func show(_ exchange: HTTPExchange) throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    guard let user = directory.user(principal.user, tenant: principal.tenant) else {
      throw .unauthenticated("There is no such user any more.", isTokenWrong: false)
    }
    return .json(document(user))
  }

  private func document(_ user: DirectoryUser) -> SessionDocument {
    SessionDocument(
      user, policy: directory.policy(tenant: user.principal.tenant), at: now(), version: version,
      iceServers: iceServers)
  }

  /// Whoever isn't signed in has what he wants already.
  private func signOut(_ exchange: HTTPExchange) throws(Problem) -> HTTPResponse {
    let request = exchange.request
    if let key = SessionCookie.key(in: request) {
      try authentication.requireOwnOrigin(request)
      sessions.end(key)
    }
    return HTTPResponse(status: 204, headers: [SessionCookie.clearing(isSecure: request.isSecure)])
  }
}

extension Problem {
  fileprivate static var wrongCredentials: Problem {
    Problem(
      401, "wrong-credentials", "Name or password is wrong",
      "Check both and try again. After five failures there is a pause of up to a minute.")
  }

  fileprivate static func tooManyAttempts(_ seconds: Int) -> Problem {
    Problem(
      429, "too-many-attempts", "Too many attempts",
      "Name or password was wrong too often. Try again in \(seconds) s.",
      headers: [.init("retry-after", String(seconds))])
  }
}
