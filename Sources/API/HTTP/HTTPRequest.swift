import Foundation

/// The methods of RFC 9110 section 9.3 (and RFC 5789) that a request may carry here.
package enum HTTPMethod: String, Hashable, Sendable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
}

/// One request, complete with its body.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// Percent-decoded, without the query; begins with `/`.
  package var path: String
  /// Decoded, in the order sent.
  package var query: [Parameter]
  package var headers: Headers
  package var body: Data
  /// Address and port of the client, as text.
  package var peer: String
  /// Whether it came over TLS.
  package var isSecure: Bool

  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var value: String
  }

  /// The headers that anything here reads; the others are dropped at the door.
  package struct Headers: Hashable, Sendable {
    package var authorization: String?
    package var contentType: String?
    package var idempotencyKey: String?
    package var userAgent: String?
    /// RFC 6455 section 11.3.4: a comma-separated list.
    package var webSocketProtocols: String?
    package var host: String?
    /// RFC 6454: the page that asks, by scheme, host and port.
    package var origin: String?
    package var cookie: String?
    package var accept: String?
    /// What a proxy says of the client; to be believed of a trusted one only.
    package var forwardedFor: String?
    package var forwardedProto: String?
    package var forwardedHost: String?

    package init() {}
  }

  package init(
    method: HTTPMethod, path: String, query: [Parameter] = [], headers: Headers = Headers(),
    body: Data = Data(), peer: String = "", isSecure: Bool = false
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.isSecure = isSecure
  }

  /// The client's IP address without the port.
  package var address: String {
    guard let colon = peer.lastIndex(of: ":") else { return peer }
    return peer[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
  }

  /// The origin of pages that this server itself has served to this client: scheme, host and port; nil without a Host.
  package var ownOrigin: String? {
    headers.host.map { (isSecure ? "https://" : "http://") + $0.lowercased() }
  }
}
