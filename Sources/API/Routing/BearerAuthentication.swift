import Supervision

/// RFC 6750, from the `Authorization` header, or for a browser's WebSocket from `Sec-WebSocket-Protocol`.
/// Never from the URL: those are logged.
struct BearerAuthentication: Sendable {
  /// The subprotocol of `/v1/events`.
  static let subprotocol = "earshot.v1"
  private static let tokenPrefix = "bearer."

  let directory: any Directory

  /// A principal and the token that proved him.
  struct Credential: Sendable {
    var principal: Principal
    var token: String
  }

  func credential(of request: HTTPRequest) throws(Problem) -> Credential {
    guard let header = request.headers.authorization else {
      throw .unauthenticated("Send 'Authorization: Bearer <token>'.", isTokenWrong: false)
    }
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw .unauthenticated(
        "The Authorization header isn't of the form 'Bearer <token>'.", isTokenWrong: false)
    }
    return try credential(token: String(parts[1]))
  }

  func credential(ofUpgrade request: HTTPRequest) throws(Problem) -> Credential {
    guard let list = request.headers.webSocketProtocols else { return try credential(of: request) }
    let offered = list.split(whereSeparator: { $0 == "," || $0 == " " })
    guard offered.contains(where: { $0 == Self.subprotocol }) else {
      throw .badRequest(
        "Sec-WebSocket-Protocol doesn't offer '\(Self.subprotocol)'. Offer it, or send no such header.")
    }
    guard let token = offered.first(where: { $0.hasPrefix(Self.tokenPrefix) }) else {
      return try credential(of: request)
    }
    return try credential(token: String(token.dropFirst(Self.tokenPrefix.count)))
  }

  private func credential(token: String) throws(Problem) -> Credential {
    guard let principal = directory.principal(token: token) else {
      throw .unauthenticated("This token is unknown or no longer valid. Get a new one.", isTokenWrong: true)
    }
    return Credential(principal: principal, token: token)
  }
}
