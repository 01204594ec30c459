/// One signalled connection within a call, as the domain sees it.
package struct Leg: Hashable, Sendable {
  package enum Purpose: Hashable, Sendable {
    case caller, callee
    /// Of a party who comes into a running call: by a transfer, out of a parking place, or as a third.
    case newcomer
    case supervisor(SessionID)
  }

  package enum Phase: Hashable, Sendable {
    /// Its offer is with the media plane.
    case offering
    /// Its offer was taken; it waits for our answer.
    case offered
    /// Our offer to it is being made.
    case preparing
    /// It has our answer; the keys of a supervisor's browser are being made.
    case keying
    /// The INVITE is out.
    case dialling
    case answered
    /// We have ended it and wait for the wire to say so.
    case ending
  }

  package var id: LegID
  package var participant: ParticipantID
  package var purpose: Purpose
  package var phase: Phase
  package var sources: SourcePolicy
  package var transport: LegTransport
  /// Who sits there, as it was proved: his rights are those of what he asks for. nil for a supervisor's.
  package var endpoint: Endpoint?
  /// Where its agent works; empty for anybody else's.
  package var placement = Placement()
  /// Whether it has a dialog. The browser of a supervisor has none: it asks by HTTP and is there, or isn't.
  package var isSignalled: Bool {
    if case .supervisor = purpose { transport == .rtp } else { true }
  }

  /// The description that we gave last.
  package var description: String?
  /// The peer's early answer to our offer, as it stood.
  package var answer: String?
  /// The peer's answer to our offer has been taken by the media plane.
  package var hasAnswer = false
  /// The peer asked for our offer (an INVITE without one): it goes with our 200, his answer comes with the ACK.
  package var offersLate = false
  /// The peer's 200 came; for a leg that we dialled.
  package var isAccepted = false
  /// The media plane has been asked for our answer to its offer.
  package var isAnswerAsked = false
  /// A re-INVITE of the peer waits for our answer.
  package var reoffer = false

  package init(
    id: LegID, participant: ParticipantID, purpose: Purpose, phase: Phase, sources: SourcePolicy,
    transport: LegTransport = .rtp
  ) {
    self.transport = transport
    self.id = id
    self.participant = participant
    self.purpose = purpose
    self.phase = phase
    self.sources = sources
  }

  package init(_ side: CallSetup.Side, participant: ParticipantID, purpose: Purpose, phase: Phase) {
    self.init(
      id: side.leg, participant: participant, purpose: purpose, phase: phase, sources: side.sources,
      transport: side.transport)
    endpoint = side.endpoint
    placement = side.placement
  }
}
