import Supervision

/// Who asks: by a bearer token (RFC 6750) in the `Authorization` header, or for a browser's WebSocket in
/// `Sec-WebSocket-Protocol`, or by the cookie of a sign-in. Never by the URL: those are logged.
struct Authentication: Sendable {
  /// The subprotocol of `/v1/events` and `/v1/phone`.
  static let subprotocol = "earshot.v1"
  private static let tokenPrefix = "bearer."

  let directory: any Directory
  let sessions: SignInSessions
  let counters: APICounters

  /// A principal and what proved him.
  struct Credential: Sendable {
    enum Proof: Hashable, Sendable {
      case token(String)
      case session(String)
    }

    var principal: Principal
    var proof: Proof
  }

  func credential(of request: HTTPRequest) throws(Problem) -> Credential {
    guard let header = request.headers.authorization else { return try cookie(of: request, isUpgrade: false) }
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw .unauthenticated(
        "The Authorization header isn't of the form 'Bearer <token>'.", isTokenWrong: false)
    }
    return try credential(token: String(parts[1]))
  }

  func credential(ofUpgrade request: HTTPRequest) throws(Problem) -> Credential {
    if let list = request.headers.webSocketProtocols {
      let offered = list.split(whereSeparator: { $0 == "," || $0 == " " })
      guard offered.contains(where: { $0 == Self.subprotocol }) else {
        throw .badRequest(
          "Sec-WebSocket-Protocol doesn't offer '\(Self.subprotocol)'. Offer it, or send no such header.")
      }
      if let token = offered.first(where: { $0.hasPrefix(Self.tokenPrefix) }) {
        return try credential(token: String(token.dropFirst(Self.tokenPrefix.count)))
      }
    }
    return request.headers.authorization == nil
      ? try cookie(of: request, isUpgrade: true) : try credential(of: request)
  }

  /// Whether what was proved then still holds, rights included.
  func stillHolds(_ credential: Credential) -> Bool {
    switch credential.proof {
    case .token(let token): directory.principal(token: token) == credential.principal
    case .session(let key): sessions.principal(key) == credential.principal
    }
  }

  /// A browser sends its cookie with whatever any page asks of us; so what changes something must come from our own.
  func requireOwnOrigin(_ request: HTTPRequest) throws(Problem) {
    guard let own = request.ownOrigin, request.headers.origin?.lowercased() == own else {
      counters.count(\.wrongOrigins)
      throw .wrongOrigin(request.headers.origin, own: request.ownOrigin)
    }
  }

  private func cookie(of request: HTTPRequest, isUpgrade: Bool) throws(Problem) -> Credential {
    guard let key = SessionCookie.key(in: request) else {
      throw .unauthenticated("Sign in, or send 'Authorization: Bearer <token>'.", isTokenWrong: false)
    }
    if isUpgrade || ![.get, .head, .options].contains(request.method) { try requireOwnOrigin(request) }
    guard let principal = sessions.principal(key) else {
      counters.count(\.expiredSessions)
      throw .unauthenticated("You aren't signed in any more. Sign in again.", isTokenWrong: false)
    }
    return Credential(principal: principal, proof: .session(key))
  }

  private func credential(token: String) throws(Problem) -> Credential {
    guard let principal = directory.principal(token: token) else {
      throw .unauthenticated("This token is unknown or no longer valid. Get a new one.", isTokenWrong: true)
    }
    return Credential(principal: principal, proof: .token(token))
  }
}
