import Supervision

/// `GET /v1/audit?call=&supervisor=&agent=&from=&until=&before=&limit=`.
struct AuditEndpoint: Sendable {
  /// Entries of one answer, by default and at most.
  private static let limits = (usual: 100, most: 1000)

  let authentication: Authentication
  let desk: any CallDesk

  var routes: [Router.Route] {
    [Router.Route(.get, "/v1/audit") { exchange async throws(Problem) in try await list(exchange) }]
  }

  private func list(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    let known = ["call", "supervisor", "agent", "from", "until", "before", "limit"]
    let values = try exchange.query(known: known)
    let query = AuditQuery(
      tenant: principal.tenant, call: values["call"].map(CallID.init),
      supervisor: values["supervisor"].map(UserID.init), agent: values["agent"],
      from: try time("from", in: values), until: try time("until", in: values),
      before: try number("before", in: values, within: 0...UInt64.max),
      limit: Int(
        try number("limit", in: values, within: 1...UInt64(Self.limits.most)) ?? UInt64(Self.limits.usual)))
    do {
      let records = try await desk.audit(query, for: principal)
      return .json(
        AuditListDocument(
          entries: records.map(AuditDocument.init),
          before: records.count == query.limit ? records.last?.sequence : nil))
    } catch {
      throw Problem(error)
    }
  }

  private func time(_ name: String, in values: [String: String]) throws(Problem) -> Int64? {
    guard let text = values[name] else { return nil }
    guard let time = Timestamp.milliseconds(text) else {
      throw .badRequest("'\(name)' is '\(text)', but must be a time such as 2026-05-04T09:08:07Z.")
    }
    return time
  }

  private func number(
    _ name: String, in values: [String: String], within range: ClosedRange<UInt64>
  ) throws(Problem) -> UInt64? {
    guard let text = values[name] else { return nil }
    guard let number = UInt64(text), range.contains(number) else {
      throw .badRequest("'\(name)' is '\(text)', but must be a number within \(range).")
    }
    return number
  }
}
