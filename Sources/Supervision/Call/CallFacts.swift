/// Which way a call was set up, seen from the centre.
package enum CallDirection: String, Hashable, Sendable, Codable {
  case inbound, outbound, `internal`
}

/// What is known of a call beside its state: the ground on which scopes, policies and rules stand (S5).
package struct CallFacts: Hashable, Sendable, Codable {
  package var tenant: TenantID
  package var direction: CallDirection
  package var queue: String?
  package var campaign: String?
  package var team: String?
  package var site: String?
  package var language: String?
  package var customerTier: String?
  /// The customer's number or SIP user part, as signalled.
  package var customerNumber: String?
  /// Extensions (user parts) of the agents on the call, in order of joining.
  package var agents: [String]
  /// Whatever else the header map names.
  package var other: [String: String]

  package init(
    tenant: TenantID, direction: CallDirection, queue: String? = nil, campaign: String? = nil,
    team: String? = nil, site: String? = nil, language: String? = nil, customerTier: String? = nil,
    customerNumber: String? = nil, agents: [String] = [], other: [String: String] = [:]
  ) {
    self.tenant = tenant
    self.direction = direction
    self.queue = queue
    self.campaign = campaign
    self.team = team
    self.site = site
    self.language = language
    self.customerTier = customerTier
    self.customerNumber = customerNumber
    self.agents = agents
    self.other = other
  }
}
