import Supervision

/// One entry of the audit, with its place in the chain.
package struct AuditDocument: Hashable, Sendable, Codable {
  package var sequence: UInt64
  /// Lower-case hex of the entry's hash.
  package var hash: String
  package var action: String
  package var time: String
  package var supervisor: String?
  package var supervisorName: String?
  package var call: String?
  package var session: String?
  /// Extension of the monitored agent.
  package var monitoredExtension: String?
  package var agent: String?
  package var queue: String?
  package var mode: String?
  package var previousMode: String?
  package var purpose: String?
  package var reason: String?
  package var origin: OriginDocument
  /// `done`, or why not.
  package var outcome: String
  /// Milliseconds since the creation of the call.
  package var callClockMs: Int64?
  package var started: String?
  package var ended: String?
  package var spans: [SpanDocument]
  package var proof: [ProofDocument]

  /// Where the act came from.
  package struct OriginDocument: Hashable, Sendable, Codable {
    package var channel: String
    package var address: String
    package var client: String
  }

  /// A stretch in one mode, ms on the call clock.
  package struct SpanDocument: Hashable, Sendable, Codable {
    package var mode: String
    package var fromMs: Int64
    package var toMs: Int64
  }

  /// Samples (8 kHz) of the supervisor's voice that were mixed to this listener in this mode.
  package struct ProofDocument: Hashable, Sendable, Codable {
    package var mode: String
    package var listener: String
    package var address: String
    package var samples: UInt64
  }

  package init(_ record: AuditRecord) {
    let entry = record.entry
    sequence = record.sequence
    hash = record.hash
    action = entry.action.rawValue
    time = Timestamp.text(entry.time)
    supervisor = entry.supervisor?.value
    supervisorName = entry.supervisorName
    call = entry.call?.value
    session = entry.session?.value
    monitoredExtension = entry.monitoredExtension
    agent = entry.agent
    queue = entry.queue
    mode = entry.mode?.rawValue
    previousMode = entry.previousMode?.rawValue
    purpose = entry.purpose
    reason = entry.reason
    origin = OriginDocument(
      channel: entry.origin.channel, address: entry.origin.address, client: entry.origin.client)
    outcome = entry.outcome
    callClockMs = entry.callClock
    started = entry.started.map(Timestamp.text)
    ended = entry.ended.map(Timestamp.text)
    spans = entry.spans.map { SpanDocument(mode: $0.mode.rawValue, fromMs: $0.from, toMs: $0.to) }
    proof = entry.proof.map {
      ProofDocument(
        mode: $0.mode.rawValue, listener: $0.listener.rawValue, address: $0.address, samples: $0.samples)
    }
  }
}

/// `GET /v1/audit`.
package struct AuditListDocument: Hashable, Sendable, Codable {
  /// Newest first.
  package var entries: [AuditDocument]
  /// Ask for these next; absent when there are no more.
  package var before: UInt64?
}
