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
  /// From the answer to the end, or to the moment of this document, ms; absent before the answer.
  package var answeredMs: Int64?
  /// Since when somebody holds; absent while nobody does.
  package var heldSince: String?
  /// The agent asks for help.
  package var hand: HandDocument?
  /// Written by supervisors, oldest first.
  package var notes: [NoteDocument]
  /// Why it may need a supervisor, the weightiest first.
  package var flags: [FlagDocument]
  /// Somebody is being called into the call, or is on his way.
  package var transferring: Bool
  /// Transfers that were done, oldest first.
  package var transfers: [TransferDocument]
  /// Where it is parked; absent if it isn't.
  package var parked: ParkingDocument?
  /// Three or more hold the conversation.
  package var conference: Bool
  /// Grows by one with each change of this call.
  package var revision: UInt64

  package struct TransferDocument: Hashable, Sendable, Codable {
    /// `blind`, `attended`, `replacement`, `park`, `retrieval`, `recall`, `conference`.
    package var kind: String
    /// Names: who left, who came.
    package var from: String?
    package var to: String?
    package var at: String
  }

  package struct ParkingDocument: Hashable, Sendable, Codable {
    package var slot: String
    /// A name.
    package var by: String
    package var since: String
  }

  package struct HandDocument: Hashable, Sendable, Codable {
    /// A participant.
    package var agent: String
    package var word: String?
    package var since: String
  }

  package struct NoteDocument: Hashable, Sendable, Codable {
    package var author: String
    package var authorName: String
    package var text: String
    package var at: String
    /// Milliseconds since the creation of the call.
    package var callClockMs: Int64
  }

  package struct FlagDocument: Hashable, Sendable, Codable {
    /// `help-asked`, `long-hold`, `long-call`, `customer-tier`.
    package var kind: String
    /// From when on it holds; may lie ahead.
    package var at: String
    package var reason: String
  }

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
    /// How the sound of his leg comes through; absent until it is known.
    package var quality: QualityDocument?
  }

  package struct RouteDocument: Hashable, Sendable, Codable {
    /// `voice`, `text`.
    package var medium: String
    package var from: String
    package var to: String
    /// dB; absent where the sound goes as it is.
    package var gain: Double?
  }

  /// - Parameter policy: of the call's tenant; says when a call is long.
  package init(_ call: CallSnapshot, at now: Moment, policy: Policy) {
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
        onHold: call.heldBy.contains { $0 != party.id }, canHear: party.canHear,
        quality: party.leg.flatMap { call.quality[$0] }.map(QualityDocument.init))
    }
    heldBy = call.heldBy.map(\.description)
    handler = call.handler?.description
    sessions = call.sessions.map(SupervisionDocument.init)
    matrix = call.matrix.routes.map {
      RouteDocument(
        medium: $0.medium.rawValue, from: $0.from.description, to: $0.to.description,
        gain: $0.gain == 0 ? nil : Double($0.gain))
    }
    created = Timestamp.text(call.created.wall)
    answered = call.answered.map { Timestamp.text($0.wall) }
    ended = call.ended.map { Timestamp.text($0.wall) }
    endReason = call.endReason?.text
    durationMs = max(0, (call.ended ?? now).milliseconds(since: call.created))
    answeredMs = call.answered.map { max(0, (call.ended ?? now).milliseconds(since: $0)) }
    heldSince = call.heldSince.map { Timestamp.text($0.wall) }
    hand = call.hand.map {
      HandDocument(agent: $0.agent.description, word: $0.word, since: Timestamp.text($0.since.wall))
    }
    notes = call.notes.map {
      NoteDocument(
        author: $0.author.value, authorName: $0.authorName, text: $0.text, at: Timestamp.text($0.at.wall),
        callClockMs: $0.callClock)
    }
    flags = Attention.flags(of: call, policy: policy).map {
      FlagDocument(kind: $0.kind.rawValue, at: Timestamp.text($0.at), reason: $0.reason)
    }
    transferring = call.isTransferring
    transfers = call.transfers.map {
      TransferDocument(kind: $0.kind.rawValue, from: $0.from, to: $0.to, at: Timestamp.text($0.at.wall))
    }
    parked = call.parked.map {
      ParkingDocument(slot: $0.slot, by: $0.by, since: Timestamp.text($0.since.wall))
    }
    conference = call.isConference
    revision = call.revision
  }
}

/// `GET /v1/calls`.
package struct CallListDocument: Hashable, Sendable, Codable {
  /// Oldest first.
  package var calls: [CallDocument]
}
