/// What the server tells an agent's page.
package struct PhoneMessage: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable {
    case view, ring, dialling, progress, answer, ended, refused, replaced
    case stopRinging = "stop-ringing"
  }

  package struct Caller: Hashable, Sendable, Codable {
    package var user: String
    package var name: String
  }

  package var type: Kind
  package var view: AgentViewDocument?
  package var serverTime: String?
  /// Number of a leg, as text: it has more digits than a number in JavaScript.
  package var leg: String?
  /// The page's own name for a leg that it dials.
  package var local: String?
  package var offer: String?
  package var answer: String?
  package var caller: Caller?
  /// Seconds.
  package var ringTimeout: Int?
  package var status: Int?
  package var reason: String?
  /// The type of the message that is refused.
  package var what: String?
  package var title: String?
  package var detail: String?

  init(_ type: Kind) { self.type = type }
}
