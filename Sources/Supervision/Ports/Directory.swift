/// Who may do what, and which rules hold. Answers at once from memory; an answer is a value of that moment.
package protocol Directory: Sendable {
  /// The holder of a bearer token; nil if there is none. Compares in constant time.
  func principal(token: String) -> Principal?
  /// Whoever signs in by name and password; nil if there is no such user, or the password is another. Takes the same
  /// time in both cases.
  func user(name: String, password: String) -> DirectoryUser?
  /// A user by the name under which he registers and signs in.
  func user(_ id: UserID, tenant: TenantID) -> DirectoryUser?
  func policy(tenant: TenantID) -> Policy
  /// Routing of requests that come from this endpoint.
  func dialPlan(tenant: TenantID) -> DialPlan
  func trunk(_ name: String) -> DirectoryTrunk?
}

extension Directory {
  /// A directory that keeps no passwords lets nobody sign in.
  package func user(name: String, password: String) -> DirectoryUser? { nil }
}

/// A trunk as far as calls are concerned.
package struct DirectoryTrunk: Hashable, Sendable, Codable {
  package var tenant: TenantID
  /// Customers are behind it; else agents (a PBX).
  package var isCustomerSide: Bool
  /// Takes sound from wherever the first packet comes.
  package var learnAny: Bool
  /// Which header carries which fact.
  package var headers: HeaderMap

  package init(
    tenant: TenantID, isCustomerSide: Bool = true, learnAny: Bool = false, headers: HeaderMap = HeaderMap()
  ) {
    self.tenant = tenant
    self.isCustomerSide = isCustomerSide
    self.learnAny = learnAny
    self.headers = headers
  }
}

/// Lower-case names of the headers that carry the facts of a call (S5).
package struct HeaderMap: Hashable, Sendable, Codable {
  package var queue = "x-earshot-queue"
  package var campaign = "x-earshot-campaign"
  package var agent = "x-earshot-agent"
  package var team = "x-earshot-team"
  package var site = "x-earshot-site"
  package var language = "x-earshot-language"
  package var customerTier = "x-earshot-customer-tier"

  package init() {}

  /// Every header that carries something.
  package var all: [String] { [queue, campaign, agent, team, site, language, customerTier] }
}

/// A user as the directory keeps him.
package struct DirectoryUser: Hashable, Sendable, Codable {
  package var principal: Principal
  /// What he is to a call that he makes or gets.
  package var role: Role
  package var team: String?
  package var site: String?
  package var queue: String?
  package var campaign: String?
  package var language: String?

  package init(
    principal: Principal, role: Role, team: String? = nil, site: String? = nil, queue: String? = nil,
    campaign: String? = nil, language: String? = nil
  ) {
    self.principal = principal
    self.role = role
    self.team = team
    self.site = site
    self.queue = queue
    self.campaign = campaign
    self.language = language
  }
}
