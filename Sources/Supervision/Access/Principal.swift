/// A right on some calls, for some time (A2, A3).
package struct Grant: Hashable, Sendable, Codable {
  package var permissions: Set<Permission>
  package var scope: Scope
  /// Milliseconds since 1970; nil means no limit.
  package var from: Int64?
  package var until: Int64?

  package init(
    permissions: Set<Permission>, scope: Scope = .everything, from: Int64? = nil, until: Int64? = nil
  ) {
    self.permissions = permissions
    self.scope = scope
    self.from = from
    self.until = until
  }

  package func isInForce(at now: Moment) -> Bool {
    (from.map { now.wall >= $0 } ?? true) && (until.map { now.wall < $0 } ?? true)
  }
}

/// Somebody who acts, as the directory knows him at the moment of the act.
package struct Principal: Hashable, Sendable, Codable {
  package var user: UserID
  package var name: String
  package var tenant: TenantID
  package var grants: [Grant]

  package init(user: UserID, name: String, tenant: TenantID, grants: [Grant]) {
    self.user = user
    self.name = name
    self.tenant = tenant
    self.grants = grants
  }
}

/// Where an act came from, for the audit (U1).
package struct ActOrigin: Hashable, Sendable, Codable {
  /// How: `rest`, `sip`, `dtmf`, `system`.
  package var channel: String
  /// IP address and port, as text.
  package var address: String
  /// User-Agent of the client.
  package var client: String

  package init(channel: String, address: String, client: String) {
    self.channel = channel
    self.address = address
    self.client = client
  }

  package static let system = ActOrigin(channel: "system", address: "", client: "earshot")
}
