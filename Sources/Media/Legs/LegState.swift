import Audio
import RTP

/// All that a worker knows of a leg on the packet path: one plain value, without references but to the plan that
/// is in force, so that it can be taken from one worker and given to another.
struct LegState {
  static let noPayloadType: UInt8 = 255

  /// `LegID.value`.
  let leg: UInt64
  /// Customer or agent: served before supervisors.
  let isCallLeg: Bool
  /// Place in the slab, and which use of that place this is.
  private(set) var slot: Int
  private(set) var generation: UInt32

  var rtp: UDPSocket
  /// nil but for a browser, which has no socket of its own.
  var secure: SecurePath?
  /// nil where sound goes as it is; never of a browser.
  var crypt: CryptPath?
  /// None where RTP and RTCP share a port.
  var rtcp: UDPSocket
  var isMultiplexed = false
  var gate = SourceGate()
  /// The peer has moved, but the kernel still keeps the socket to where it was.
  var isTied = false
  /// Where the peer takes RTCP, unless multiplexed.
  var reportAddress = SocketAddress()
  /// A report came from there.
  var isReportLearned = false

  // What was negotiated.
  var coding = VoiceCoding.mu
  /// Of the samples that are made of its packets.
  var band = Band.narrow
  /// Owned by the `CallLeg`; nil where each packet can be understood by itself.
  var decoder: Unmanaged<VoiceDecoder>?
  var payloadType: UInt8 = 0
  /// As the peer sends.
  var receivedPayloadType: UInt8 = 0
  /// Numbers of telephone-event: as we send, as we receive.
  var eventPayloadType = noPayloadType
  var receivedEventPayloadType = noPayloadType
  /// The peer wants to hear us.
  var sends = false
  /// Length of a packet that we make ourselves, in samples at 8 kHz.
  var packetSamples = 160

  /// The voice of this leg: the first of its feeds into mixes. A leg that nobody hears has none, so its packets
  /// end at the gate.
  var voice: UnsafeMutablePointer<Feed>?
  var numbering: Numbering
  var reception = RTPSequence()
  /// SSRC that the peer sends with; valid once something was received.
  var remoteSSRC: UInt32 = 0
  /// How often the peer has begun a stream: with another SSRC, or with other numbers under the same.
  var streams: UInt32 = 0
  var digits = DigitDetector()
  var reports = ReportState()
  var meter = LevelMeter()

  var packetsReceived: UInt64 = 0
  var packetsSent: UInt64 = 0
  /// Bytes of payload.
  var octetsSent: UInt64 = 0
  /// Packets of earlier SSRCs of the peer: lost ones, and all that were to come.
  var lostBefore: UInt64 = 0
  var expectedBefore: UInt64 = 0
  var strangers: UInt64 = 0
  var malformed: UInt64 = 0

  init(
    leg: UInt64, isCallLeg: Bool, slot: Int, generation: UInt32, rtp: UDPSocket, rtcp: UDPSocket,
    numbering: Numbering
  ) {
    self.leg = leg
    self.isCallLeg = isCallLeg
    self.slot = slot
    self.generation = generation
    self.rtp = rtp
    self.rtcp = rtcp
    self.numbering = numbering
  }

  /// The same leg in a place of another slab. Nothing there is known by its old name.
  func moved(to slot: Int, generation: UInt32) -> LegState {
    var moved = self
    moved.slot = slot
    moved.generation = generation
    moved.voice = nil
    moved.numbering.detach()
    moved.meter = LevelMeter()
    return moved
  }

  /// Names the stream that this leg's peer is sending, for `Numbering`. Never 0.
  var stream: UInt64 {
    UInt64(slot &+ 1) << 48 | UInt64(generation & 0xFFFF) << 32 | UInt64(streams)
  }

  /// The same, whichever of the peer's streams it is.
  static func owner(ofStream stream: UInt64) -> UInt64 { stream >> 32 }

  /// Lets go of where the peer was. Where the kernel refuses, it is asked again with the next report.
  mutating func untie() {
    guard isTied else { return }
    isTied = (try? rtp.disconnect()) == nil
  }

  var packetsLost: UInt64 { lostBefore &+ UInt64(clamping: reception.lost) }

  /// Those that came and those that were lost.
  var packetsExpected: UInt64 { expectedBefore &+ UInt64(clamping: reception.expected) }

  /// Whether packets for this leg have somewhere to go.
  var isListening: Bool { sends && (secure.map(\.canSend) ?? gate.destination.isReachable) }
}

/// What RTCP has told of a leg.
struct ReportState {
  /// `NTPTime.middle` of the peer's last sender report, and when it came.
  var lastSenderReport: UInt32 = 0
  var lastSenderReportAt: Nanoseconds = 0
  /// What the peer says of our stream.
  var isKnown = false
  var lost: Int32 = 0
  /// Timestamp units.
  var jitter: UInt32 = 0
  /// ms; negative: unknown.
  var roundTrip: Double = -1
  /// Loss since the report before, in 1/256, summed over the reports that came since `takeLoss`.
  private var fractions: UInt64 = 0
  private var count: UInt64 = 0

  mutating func add(fractionLost: UInt8) {
    fractions &+= UInt64(fractionLost)
    count &+= 1
  }

  /// The mean of what was reported since this was asked last, per cent; nil if nothing was.
  mutating func takeLoss() -> Double? {
    guard count > 0 else { return nil }
    defer { (fractions, count) = (0, 0) }
    return 100 * Double(fractions) / Double(count &* 256)
  }
}
