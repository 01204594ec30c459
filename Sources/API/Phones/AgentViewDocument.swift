import Supervision

/// What an agent's page shows. Times are RFC 3339 in UTC; what isn't known is absent.
package struct AgentViewDocument: Hashable, Sendable, Codable {
  /// Oldest first.
  package var calls: [CallDocument]

  package struct CallDocument: Hashable, Sendable, Codable {
    package var id: String
    /// His own leg of the call; absent once it is closed.
    package var leg: String?
    package var phase: String
    package var direction: String
    package var queue: String?
    package var campaign: String?
    package var customerTier: String?
    package var otherName: String
    package var otherNumber: String
    package var holds: Bool
    package var isHeld: Bool
    package var created: String
    package var answered: String?
    package var monitoring: [MonitoringDocument]
    /// Whispers that wait for his word.
    package var asks: [AskDocument]
    package var cues: [CueDocument]
    package var hand: HandDocument?
  }

  package struct MonitoringDocument: Hashable, Sendable, Codable {
    package var session: String
    package var mode: String
    package var since: String
    package var supervisorName: String?
  }

  package struct AskDocument: Hashable, Sendable, Codable {
    package var session: String
    package var supervisorName: String
  }

  package struct CueDocument: Hashable, Sendable, Codable {
    package var number: Int
    package var text: String
    package var at: String
  }

  package struct HandDocument: Hashable, Sendable, Codable {
    package var word: String?
    package var since: String
  }

  package init(_ view: AgentView) { calls = view.calls.map(CallDocument.init) }
}

extension AgentViewDocument.CallDocument {
  init(_ call: AgentCall) {
    self.init(
      id: call.id.value, leg: call.leg.map { String($0.value) }, phase: call.phase.rawValue,
      direction: call.direction.rawValue, queue: call.queue, campaign: call.campaign,
      customerTier: call.customerTier, otherName: call.otherName, otherNumber: call.otherNumber,
      holds: call.holds, isHeld: call.isHeld, created: Timestamp.text(call.created.wall),
      answered: call.answered.map { Timestamp.text($0.wall) },
      monitoring: call.monitoring.map {
        .init(
          session: $0.session.value, mode: $0.mode.rawValue, since: Timestamp.text($0.since.wall),
          supervisorName: $0.supervisorName)
      },
      asks: call.asks.map { .init(session: $0.session.value, supervisorName: $0.supervisorName) },
      cues: call.cues.map { .init(number: $0.number, text: $0.text, at: Timestamp.text($0.at.wall)) },
      hand: call.hand.map { .init(word: $0.word, since: Timestamp.text($0.since.wall)) })
  }
}
