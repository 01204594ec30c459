import Supervision

/// A call, as the API shows it. Times are RFC 3339 in UTC; what isn't known is absent.
package struct CallDocument: Hashable, Sendable, Codable {
  package var id: String
  /// `connecting`, `ringing`, `early`, `answered`, `ending`, `ended`.
  package var phase: String
  /// `inbound`, `outbound`, `internal`.
  package var direction: String
  package var queue: String?
  package var campaign: String?
  package var team: String?
  package var site: String?
  package var language: String?
  package var customerTier: String?
  package var customerNumber: String?
  /// Extensions.
  package var agents: [String]
  package var participants: [ParticipantDocument]
  /// Participants who hold the others.
  package var heldBy: [String]
  /// The participant who is responsible for the customer now.
  package var handler: String?
  package var sessions: [SupervisionDocument]
  /// Who receives whom.
  package var matrix: [RouteDocument]
  package var created: String
  package var answered: String?
  package var ended: String?
  package var endReason: String?
  /// From the creation to the end, or to the moment of this document, ms.
  package var durationMs: Int64
  /// Grows by one with each change of this call.
  package var revision: UInt64

  package struct ParticipantDocument: Hashable, Sendable, Codable {
    /// `p1`, `p2`, …; `player` is hold sound and prompts. Unique within the call.
    package var id: String
    package var role: String
    package var name: String
    /// Extension, number or user part.
    package var address: String
    /// Held by somebody else.
    package var onHold: Bool
    /// Whether the phone plays what is sent to it.
    package var canHear: Bool
  }

  package struct RouteDocument: Hashable, Sendable, Codable {
    /// `voice`, `text`.
    package var medium: String
    package var from: String
    package var to: String
  }

  package init(_ call: CallSnapshot, at now: Moment) {
    id = call.id.value
    phase = call.phase.rawValue
    direction = call.facts.direction.rawValue
    queue = call.facts.queue
    campaign = call.facts.campaign
    team = call.facts.team
    site = call.facts.site
    language = call.facts.language
    customerTier = call.facts.customerTier
    customerNumber = call.facts.customerNumber
    agents = call.facts.agents
    participants = call.participants.map { party in
      ParticipantDocument(
        id: party.id.description, role: party.role.rawValue, name: party.name, address: party.address,
        onHold: call.heldBy.contains { $0 != party.id }, canHear: party.canHear)
    }
    heldBy = call.heldBy.map(\.description)
    handler = call.handler?.description
    sessions = call.sessions.map(SupervisionDocument.init)
    matrix = call.matrix.routes.map {
      RouteDocument(medium: $0.medium.rawValue, from: $0.from.description, to: $0.to.description)
    }
    created = Timestamp.text(call.created.wall)
    answered = call.answered.map { Timestamp.text($0.wall) }
    ended = call.ended.map { Timestamp.text($0.wall) }
    endReason = call.endReason?.text
    durationMs = max(0, (call.ended ?? now).milliseconds(since: call.created))
    revision = call.revision
  }
}

/// `GET /v1/calls`.
package struct CallListDocument: Hashable, Sendable, Codable {
  /// Oldest first.
  package var calls: [CallDocument]
}
