/// Finds the endpoint of a request by path and method.
package struct Router: Sendable {
  /// One endpoint.
  package struct Route: Sendable {
    package var method: HTTPMethod
    /// `/v1/calls/{id}`: a part in braces matches one whole segment and gives it that name.
    package var pattern: [Substring]
    package var answer: @Sendable (HTTPExchange) async throws(Problem) -> HTTPResponse

    package init(
      _ method: HTTPMethod, _ pattern: String,
      answer: @escaping @Sendable (HTTPExchange) async throws(Problem) -> HTTPResponse
    ) {
      self.method = method
      self.pattern = pattern.split(separator: "/")
      self.answer = answer
    }
  }

  package enum Match: Sendable {
    case route(Route, parameters: [String: String])
    /// The path exists, for these methods.
    case otherMethods([HTTPMethod])
    case nothing
  }

  private let routes: [Route]

  package init(_ routes: [Route]) { self.routes = routes }

  /// HEAD is answered wherever GET is (RFC 9110 section 9.3.2).
  package func match(_ method: HTTPMethod, _ path: String) -> Match {
    let segments = path.split(separator: "/")
    let here = routes.compactMap { route in
      Self.parameters(of: segments, in: route.pattern).map { (route: route, parameters: $0) }
    }
    guard !here.isEmpty else { return .nothing }
    let wanted = method == .head ? .get : method
    if let hit = here.first(where: { $0.route.method == wanted }) {
      return .route(hit.route, parameters: hit.parameters)
    }
    let methods = Set(here.map(\.route.method))
    return .otherMethods(
      Array(methods.contains(.get) ? methods.union([.head, .options]) : methods.union([.options])))
  }

  private static func parameters(of segments: [Substring], in pattern: [Substring]) -> [String: String]? {
    guard segments.count == pattern.count else { return nil }
    var parameters: [String: String] = [:]
    for (segment, part) in zip(segments, pattern) {
      if part.hasPrefix("{") {
        parameters[String(part.dropFirst().dropLast())] = String(segment)
      } else if part != segment {
        return nil
      }
    }
    return parameters
  }
}
