import Audio
import RTP

/// How one phone's sound is sent and received.
package struct EndpointSettings: Hashable, Sendable {
  package var law = G711Law.mu
  /// ms in a packet, 10 … 60.
  package var ptime = 20
  /// RFC 4733 payload type to send and to expect; nil: none.
  package var keys: UInt8? = 101
  /// Keys stand in the place of sound, as desk phones send them; or beside it (RFC 4733, section 2.5.1.2 allows both).
  package var keysReplaceSound = true
  /// Standard deviation of the sending times, in ms.
  package var jitter = 0.0
  /// Packets that are lost on their way out, evenly spread, in per cent.
  package var loss = 0.0
  /// ms of what was heard that are kept; 0 saves the load generator the work.
  package var memory = 10_000
  /// Packets sent and received that are kept as they were on the wire.
  package var packetsKept = 0
  /// Whether `SoundMark`s are looked for in what is heard.
  package var readsMarks = false
  /// dBFS of the sound whose first arrival is noted (`StreamObservation.firstSound`); nil: none is.
  package var firstSound: Double?
  /// Whether sender reports go out every 5 s (RFC 3550, section 6.2).
  package var sendsReports = true
  /// Sends no sound, for calls that are signalling only.
  package var isMute = false

  package init() {}
}

/// One phone's RTP and RTCP sockets with all that is known of both directions. Owned by the media thread.
final class RTPEndpoint {
  let id: EndpointID
  var settings: EndpointSettings
  let ports: RTPPorts

  // Sending
  var isConnected = false
  var maySend = true
  var maker = SoundMaker(.silence)
  var ssrc: UInt32
  var sequence: UInt16
  var timestamp: UInt32
  var frame: UInt32 = 0
  /// When the next packet is due by its pace, and with jitter, on the monotonic clock.
  var nominal: Int64 = 0
  var due: Int64 = 0
  var isScheduled = false
  /// Until then nothing leaves; then all at once.
  var stalledUntil: Int64 = 0
  var press: KeyPress?
  var pressWaiters: [CheckedContinuation<Int64, Never>] = []
  /// When each of the last frames was sent, ns since 1970, by its number.
  var sendTimes = [Int64](repeating: 0, count: 256)
  var packetsSent = 0
  var octetsSent = 0
  /// Hundredths of a packet that are to be lost.
  var lossDue = 0.0
  var sent: [RecordedPacket] = []
  var nextReport: Int64 = 0

  // Receiving
  /// In sample units; set while the first sound is still to come.
  var firstSoundThreshold: Int32?
  var observation = StreamObservation()
  var reader = SoundMark.Reader()
  let heard: HeardSound
  var received: [RecordedPacket] = []
  /// When sound was last taken from the socket, on the monotonic clock.
  var lastHeard: Int64 = 0
  /// Where the sound goes on if nothing is lost.
  var expectedTimestamp: UInt32?
  /// The peer's last sender report and when it came, ns since 1970.
  var senderReport: (time: NTPTime, arrival: Int64)?
  /// When sound above `watch.threshold` (in sample units) first came.
  var watch: (threshold: Int32, deadline: Int64, waiter: CheckedContinuation<Int64?, Never>)?
  var hearing: [(from: Int, count: Int, deadline: Int64, waiter: CheckedContinuation<[Int16], Never>)] = []
  var sink: AsyncStream<[Int16]>.Continuation?

  init(id: EndpointID, settings: EndpointSettings, ports: consuming RTPPorts, random: UInt64) {
    self.id = id
    self.settings = settings
    self.ports = ports
    ssrc = UInt32(truncatingIfNeeded: random)
    sequence = UInt16(truncatingIfNeeded: random >> 32)
    timestamp = UInt32(truncatingIfNeeded: random >> 24)
    heard = HeardSound(capacity: settings.memory * 8)
    firstSoundThreshold = settings.firstSound.map { Int32(Level.amplitude(decibels: $0)) }
  }

  /// Samples in a packet.
  var samples: Int { settings.ptime * 8 }
  /// ns from packet to packet.
  var interval: Int64 { Int64(settings.ptime) * 1_000_000 }

  /// Answers everyone who waits; for an endpoint that goes.
  func release() {
    for waiter in pressWaiters { waiter.resume(returning: 0) }
    pressWaiters = []
    watch?.waiter.resume(returning: nil)
    watch = nil
    for entry in hearing { entry.waiter.resume(returning: heard.samples(from: entry.from)) }
    hearing = []
    sink?.finish()
  }
}
