import Supervision

/// A request on its way through an endpoint.
package struct HTTPExchange: Sendable {
  package var request: HTTPRequest
  package var parameters: [String: String]

  /// A part of the path that the route names; the router has made sure that it is there.
  package func parameter(_ name: String) -> String { parameters[name] ?? "" }

  /// Where an act over this request came from, for the audit.
  package var origin: ActOrigin {
    ActOrigin(
      channel: "rest", address: request.peer, client: String((request.headers.userAgent ?? "").prefix(200)))
  }

  /// The members of a JSON body.
  func members() throws(Problem) -> JSONMembers {
    let type = request.headers.contentType
    let essence = type?.split(separator: ";").first?.lowercased().trimmingSpaces()
    guard essence == "application/json" else { throw .mediaType(type) }
    return try JSONMembers.body(request.body)
  }

  /// The query's values by name.
  ///
  /// - Throws: 400 for a parameter that isn't `known`, or comes twice.
  func query(known: [String]) throws(Problem) -> [String: String] {
    var values: [String: String] = [:]
    for parameter in request.query {
      guard known.contains(parameter.name) else {
        throw .badRequest(
          "The parameter '\(parameter.name)' is unknown here. "
            + (known.isEmpty ? "None is taken." : "Known are \(known.joined(separator: ", "))."))
      }
      guard values.updateValue(parameter.value, forKey: parameter.name) == nil else {
        throw .badRequest("The parameter '\(parameter.name)' comes twice.")
      }
    }
    return values
  }
}

extension String {
  func trimmingSpaces() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
