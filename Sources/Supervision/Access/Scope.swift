/// Which calls a grant reaches. An empty list of a dimension means "any"; dimensions are joined by *and*,
/// the values of one dimension by *or* (A2). The tenant is not here: it is the grant's holder's, always.
package struct Scope: Hashable, Sendable, Codable {
  package var queues: [String] = []
  package var campaigns: [String] = []
  package var teams: [String] = []
  package var sites: [String] = []
  package var languages: [String] = []
  package var agents: [String] = []

  package init(
    queues: [String] = [], campaigns: [String] = [], teams: [String] = [], sites: [String] = [],
    languages: [String] = [], agents: [String] = []
  ) {
    self.queues = queues
    self.campaigns = campaigns
    self.teams = teams
    self.sites = sites
    self.languages = languages
    self.agents = agents
  }

  /// Every call of the tenant.
  package static let everything = Scope()

  package func covers(_ facts: CallFacts) -> Bool {
    Self.matches(queues, facts.queue) && Self.matches(campaigns, facts.campaign)
      && Self.matches(teams, facts.team) && Self.matches(sites, facts.site)
      && Self.matches(languages, facts.language)
      && (agents.isEmpty || facts.agents.contains(where: agents.contains))
  }

  private static func matches(_ allowed: [String], _ value: String?) -> Bool {
    allowed.isEmpty || value.map(allowed.contains) == true
  }
}
