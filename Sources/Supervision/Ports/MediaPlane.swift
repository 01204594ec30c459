/// The sound of calls. It is given a `RoutingMatrix` and obeys it; it decides nothing about who hears whom.
///
/// `perform` never blocks and keeps the order of its calls for one call. Each command that names an answer gives
/// exactly one `MediaEvent` back. Commands for a call or leg that is gone are ignored.
package protocol MediaPlane: Sendable {
  func perform(_ command: MediaCommand, for call: CallID)

  /// A call that is about to begin goes to the worker of another, so that any leg can go from one to the other.
  /// Without effect once it has begun.
  func place(_ call: CallID, beside other: CallID)

  /// Whether a browser's leg could go from one call to the other: its sound goes by a port of its worker.
  func areTogether(_ one: CallID, _ other: CallID) -> Bool

  /// How long each worker has been at work since its start, ns.
  var busyTimes: [Int64] { get }
}

/// A leg to be opened in the media plane: one participant of the call.
package struct MediaLeg: Hashable, Sendable {
  package var leg: LegID
  package var participant: ParticipantID
  package var role: Role
  /// Where its sound may come from. A browser proves itself by its keys instead.
  package var sources: SourcePolicy
  package var transport: LegTransport

  package init(
    leg: LegID, participant: ParticipantID, role: Role, sources: SourcePolicy, transport: LegTransport = .rtp
  ) {
    self.leg = leg
    self.participant = participant
    self.role = role
    self.sources = sources
    self.transport = transport
  }
}

/// How the sound of a leg travels.
package enum LegTransport: String, Hashable, Sendable, Codable {
  /// Plain RTP between sockets (RFC 3550).
  case rtp
  /// ICE, DTLS-SRTP, RTP and RTCP on one port (RFC 8825).
  case webRTC
}

/// Strict sources: a leg learns its peer only from the signalled IP or the SIP source IP of that leg.
package struct SourcePolicy: Hashable, Sendable {
  /// IP address that the leg's signalling came from; nil while it isn't known yet (a leg being dialled).
  package var signallingAddress: String?
  /// `learn: any` on the trunk: the first packet's source is taken, whoever he is.
  package var learnAny: Bool

  package init(signallingAddress: String?, learnAny: Bool = false) {
    self.signallingAddress = signallingAddress
    self.learnAny = learnAny
  }
}

package enum MediaCommand: Hashable, Sendable {
  /// Opens `leg` if it isn't yet and takes the peer's offer. → `offerAccepted` | `failed`
  case acceptOffer(MediaLeg, sdp: String)
  /// Opens `leg` and makes our offer; codecs and ptime of `like` come first so that both legs can be relayed.
  /// → `description` | `failed`
  case makeOffer(MediaLeg, like: LegID?)
  /// Takes the peer's answer (provisional or final; the same again is harmless).
  /// `source`: the IP address that the answer came from. → `answerAccepted` | `failed`
  case acceptAnswer(LegID, sdp: String, source: String)
  /// Answers the offer taken last, preferring the codec of `like`. → `description` | `failed`
  case makeAnswer(LegID, like: LegID?)
  /// Who hears whom from now on. → `applied(revision:)`
  case apply(RoutingMatrix, revision: UInt64)
  /// What `.player` sounds like for one listener, from its beginning. It is heard while the matrix has
  /// the route from `.player`. Given before the matrix that opens it.
  case play(PlayerSound, to: ParticipantID)
  /// Takes a leg out of this call as it stands, ports and numbers included, for another call to attach. A browser's
  /// leg only where both calls are together.
  /// → `legClosed`, for a supervisor's only, with what was heard of him here
  case detachLeg(LegID)
  /// Takes in a leg that another call has detached, or is about to. Nothing is renegotiated. → `failed` only if there
  /// is no room for it
  case attachLeg(MediaLeg)
  /// Closes one leg: sockets, ports, queues. → `legClosed`
  case closeLeg(LegID)
  /// Closes what is left. → a `legClosed` each, then `callClosed`
  case closeCall
}

package enum PlayerSound: String, Hashable, Sendable, Codable {
  /// Soft and endless.
  case hold
  /// "Press the same key again to confirm": rising, once.
  case confirm
  /// "That is not allowed": low, once.
  case refused
  /// "Done": once.
  case accepted
}

package enum MediaEvent: Hashable, Sendable {
  case offerAccepted(LegID, MediaDirection)
  case answerAccepted(LegID, MediaDirection)
  case description(LegID, sdp: String)
  case failed(LegID, MediaFault)
  case applied(revision: UInt64, proof: [MixProof])
  /// One key, once, from RFC 4733 packets; reported at its first packet. Only from supervisors' legs, and from others
  /// for the domain to ignore.
  case digit(LegID, Character)
  /// A browser's leg has its keys (ICE and DTLS are done): sound can flow. Given once for each leg, and again after
  /// `disconnected`.
  case connected(LegID)
  /// A browser's leg is gone: its DTLS was closed, or there was no valid STUN for too long. Words for people.
  case disconnected(LegID, String)
  /// Loudness of those whom a supervisor of this call hears, dBFS (-127 … 0) over the last 100 ms. About ten times
  /// a second while a browser listens. Not for the domain: it goes straight to the watchers.
  case levels([ParticipantID: Float])
  /// How the sound of these legs came through over the last seconds. Only what has changed noticeably, a few seconds
  /// apart at least, and before the end of a leg.
  case quality([LegID: LegQuality])
  case legClosed(LegID, LegReport)
  case callClosed
}

package enum MediaFault: Hashable, Sendable {
  case noCommonCodec(String)
  case badDescription(String)
  case noResources(String)

  package var refusal: Refusal {
    switch self {
    case .noCommonCodec: .noCommonCodec
    case .badDescription(let why): .badDescription(why)
    case .noResources(let what): .noResources(what)
    }
  }
}

/// Samples of one supervisor's voice that one listener was sent, since the leg was opened. Counted in the mixer
/// itself, where the sample is added (or the packet relayed): the proof of privacy (U4).
package struct MixProof: Hashable, Sendable, Codable {
  package var from: ParticipantID
  package var to: ParticipantID
  /// Samples at 8 kHz.
  package var samples: UInt64

  package init(from: ParticipantID, to: ParticipantID, samples: UInt64) {
    self.from = from
    self.to = to
    self.samples = samples
  }
}

/// What is known of a leg's sound at its end.
package struct LegReport: Hashable, Sendable, Codable {
  package var codec = ""
  package var packetsReceived: UInt64 = 0
  package var packetsSent: UInt64 = 0
  /// As the received sequence numbers show.
  package var packetsLost: UInt64 = 0
  /// RFC 3550 A.8, in ms.
  package var jitter: Double = 0
  /// What the peer reported of our stream by RTCP: lost packets and jitter in ms; nil if it never did.
  package var reportedLost: UInt64?
  package var reportedJitter: Double?
  /// ms, from RTCP; nil if unknown.
  package var roundTrip: Double?
  /// Packets from addresses that this leg doesn't know: dropped.
  package var strangers: UInt64 = 0
  /// Packets that were no valid RTP: dropped.
  package var malformed: UInt64 = 0
  /// Samples of this leg's voice sent to each listener (supervisors' legs only).
  package var proof: [MixProof] = []

  package init() {}
}
