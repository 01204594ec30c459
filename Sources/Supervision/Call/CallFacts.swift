/// Which way a call was set up, seen from the centre.
package enum CallDirection: String, Hashable, Sendable, Codable {
  case inbound, outbound, `internal`
}

/// Where somebody works, or what a trunk says of where a call belongs. What isn't known is nil.
package struct Placement: Hashable, Sendable, Codable {
  package var queue: String?
  package var campaign: String?
  package var team: String?
  package var site: String?
  package var language: String?

  package init(
    queue: String? = nil, campaign: String? = nil, team: String? = nil, site: String? = nil,
    language: String? = nil
  ) {
    self.queue = queue
    self.campaign = campaign
    self.team = team
    self.site = site
    self.language = language
  }

  /// This, and where it says nothing, the other.
  package func or(_ other: Placement) -> Placement {
    Placement(
      queue: queue ?? other.queue, campaign: campaign ?? other.campaign, team: team ?? other.team,
      site: site ?? other.site, language: language ?? other.language)
  }
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

  /// Takes over what is known of where the call belongs now.
  package mutating func place(_ placement: Placement) {
    queue = placement.queue
    campaign = placement.campaign
    team = placement.team
    site = placement.site
    language = placement.language
  }
}
