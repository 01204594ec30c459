/// Who works and who calls on the demo floor. A plain value.
package struct DemoCast: Hashable, Sendable {
  package struct Agent: Hashable, Sendable {
    package var account: PhoneAccount
    package var team: String
    package var site: String
    package var queue: String
    package var campaign: String
    /// Of espeak-ng.
    package var voice: String
  }

  package struct Customer: Hashable, Sendable {
    package var number: String
    package var name: String
    package var tier: String
    package var voice: String
  }

  package var agents: [Agent]
  package var customers: [Customer]

  /// Eight agents of three teams. Their passwords are made for each floor.
  package static func standard(password: (String) -> String) -> DemoCast {
    func agent(
      _ user: String, _ name: String, _ team: String, _ site: String, _ queue: String, _ campaign: String,
      _ voice: String
    ) -> Agent {
      Agent(
        account: PhoneAccount(user: user, password: password(user), name: name), team: team, site: site,
        queue: queue, campaign: campaign, voice: voice)
    }
    return DemoCast(
      agents: [
        agent("anna", "Anna Berg", "north", "berlin", "billing", "spring", "en-us+f3"),
        agent("ben", "Ben Ito", "north", "berlin", "support", "spring", "en-us+m3"),
        agent("chloe", "Chloe Martin", "south", "lyon", "support", "loyalty", "en-gb+f2"),
        agent("david", "David Okafor", "south", "lyon", "retention", "loyalty", "en-gb+m1"),
        agent("elena", "Elena Rossi", "south", "lyon", "billing", "loyalty", "en-us+f4"),
        agent("felix", "Felix Braun", "north", "berlin", "retention", "spring", "en-us+m2"),
        agent("grace", "Grace Lee", "outbound", "berlin", "outbound", "renewals", "en-gb+f4"),
        agent("hugo", "Hugo Silva", "outbound", "lyon", "outbound", "renewals", "en-us+m7"),
      ],
      customers: [
        Customer(number: "491701234501", name: "M. Schneider", tier: "gold", voice: "en-gb+m4"),
        Customer(number: "33612345602", name: "J. Dupont", tier: "standard", voice: "en-gb+f5"),
        Customer(number: "442071234503", name: "R. Patel", tier: "standard", voice: "en-us+m5"),
        Customer(number: "12125550104", name: "L. Garcia", tier: "silver", voice: "en-us+f2"),
        Customer(number: "390612345605", name: "G. Bianchi", tier: "gold", voice: "en-gb+m6"),
        Customer(number: "31201234506", name: "S. de Vries", tier: "standard", voice: "en-gb+f1"),
        Customer(number: "420212345607", name: "P. Novak", tier: "silver", voice: "en-us+m1"),
        Customer(number: "48221234508", name: "K. Nowak", tier: "standard", voice: "en-gb+f3"),
      ])
  }
}
