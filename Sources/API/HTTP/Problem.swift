import Foundation

/// An answer that says why something was not done. Its slug is stable; programs may rely on it.
package struct Problem: Error, Hashable, Sendable {
  package var status: Int
  package var slug: String
  package var title: String
  package var detail: String
  package var headers: [HTTPResponse.Header] = []
  package var instance: String?

  package init(
    _ status: Int, _ slug: String, _ title: String, _ detail: String, headers: [HTTPResponse.Header] = []
  ) {
    self.status = status
    self.slug = slug
    self.title = title
    self.detail = detail
    self.headers = headers
  }

  package var document: ProblemDocument {
    ProblemDocument(
      type: "urn:earshot:problem:" + slug, title: title, status: status, detail: detail, instance: instance)
  }

  package var response: HTTPResponse {
    HTTPResponse(
      status: status, headers: [.init("content-type", "application/problem+json")] + headers,
      body: JSONDocument.encode(document))
  }

  package func at(_ path: String) -> Problem {
    var copy = self
    copy.instance = path
    return copy
  }
}

// Those that belong to HTTP itself. What the domain refuses is in `Problem+Refusal.swift`.
extension Problem {
  package static func badRequest(_ detail: String) -> Problem {
    Problem(400, "bad-request", "The request can't be understood", detail)
  }

  package static func notFound(_ path: String) -> Problem {
    Problem(404, "unknown-path", "Nothing is here", "There is no '\(path)'. Docs/API.md lists what there is.")
  }

  package static func methodNotAllowed(_ method: HTTPMethod, allowed: [HTTPMethod]) -> Problem {
    let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
    return Problem(
      405, "method-not-allowed", "Not by this method", "\(method.rawValue) isn't possible here. Use \(list).",
      headers: [.init("allow", list)])
  }

  package static func unauthenticated(_ detail: String, isTokenWrong: Bool) -> Problem {
    let challenge = #"Bearer realm="earshot""# + (isTokenWrong ? #", error="invalid_token""# : "")
    return Problem(
      401, "unauthenticated", "Who are you?", detail, headers: [.init("www-authenticate", challenge)])
  }

  package static func wrongOrigin(_ found: String?, own: String?) -> Problem {
    Problem(
      403, "wrong-origin", "Not from this page",
      "The request comes from \(found ?? "a page without an origin"), but this server was asked as \(own ?? "nobody"). "
        + "Behind a proxy, name the proxy in api.trustedProxies, and let it send X-Forwarded-Proto and X-Forwarded-Host."
    )
  }

  package static func tooManySockets(_ limit: Int) -> Problem {
    Problem(
      429, "too-many-sockets", "Too many connections",
      "\(limit) WebSockets are open already. Close a page that isn't needed and try again.",
      headers: [.init("retry-after", "5")])
  }

  package static var lengthRequired: Problem {
    Problem(
      411, "length-required", "The body's length is missing",
      "Send Content-Length; a body in chunks isn't taken here.")
  }

  package static func bodyTooLarge(_ length: Int, limit: Int) -> Problem {
    Problem(
      413, "body-too-large", "The body is too large",
      "The body has \(length) bytes; \(limit) are taken. Send less.")
  }

  package static func mediaType(_ found: String?) -> Problem {
    Problem(
      415, "unsupported-media-type", "Only JSON is taken",
      "Content-Type is \(found.map { "'\($0)'" } ?? "missing"). Send application/json.")
  }

  package static var upgradeRequired: Problem {
    Problem(
      426, "upgrade-required", "This is a WebSocket",
      "Open it as a WebSocket (RFC 6455, version 13), for example `earshot calls --watch`.",
      headers: [.init("upgrade", "websocket")])
  }

  package static var stopping: Problem {
    Problem(
      503, "stopping", "Earshot is stopping", "Try another node, or again in a moment.",
      headers: [.init("retry-after", "5")])
  }

  package static func internalFault(_ what: String) -> Problem {
    Problem(500, "internal", "Earshot failed here", "\(what) This is a fault of Earshot; please report it.")
  }
}
