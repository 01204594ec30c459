import RTP

/// What one phone received, judged as strictly as a test needs. A plain value.
package struct StreamObservation: Sendable {
  package private(set) var sequence = RTPSequence()
  /// Packets of another SSRC than the packet before.
  package private(set) var sourceChanges = 0
  /// Audio packets whose timestamp is not where their sequence number says.
  package private(set) var timestampBreaks = 0
  /// Packets that are no RTP.
  package var malformed = 0
  /// The longest wait from one packet to the next, ns.
  package private(set) var longestGap: Int64 = 0
  /// When sound above `EndpointSettings.firstSound` first arrived, ns since 1970; 0 before.
  package internal(set) var firstSound: Int64 = 0
  /// When the last packet arrived, ns since 1970; 0 before the first.
  package private(set) var lastArrival: Int64 = 0
  /// Keys received (RFC 4733), in order.
  package private(set) var digits = ""
  /// Packets by kind.
  package private(set) var keyPackets = 0
  package private(set) var comfortNoisePackets = 0
  /// RTCP packets from the peer.
  package var controlPackets = 0

  /// Time from a mark's sending to its sound.
  package var latency = LatencyHistogram()
  package private(set) var marksFound = 0
  /// Frames whose mark was not found though a later one was: lost, concealed or damaged on the way.
  package private(set) var marksMissing = 0
  /// Frames whose mark was heard again, or after a later one.
  package private(set) var marksOutOfOrder = 0

  /// SSRC of the last packet.
  private(set) var source: UInt32?
  private var detector = DigitDetector()
  private var audio: (sequence: UInt16, timestamp: UInt32, samples: UInt32)?
  private var mark: SoundMark?
  /// Packets that the sequence was told of again after a reset.
  private var carried = 0

  package init() {}

  package var packets: Int { Int(sequence.received) - carried }
  package var lost: Int { Int(sequence.lost) }
  package var duplicates: Int { Int(sequence.duplicates) }
  package var reordered: Int { Int(sequence.reordered) }

  /// True if nothing was lost, doubled, reordered, or numbered with a break.
  package var isContinuous: Bool {
    lost == 0 && duplicates == 0 && reordered == 0 && sequence.restarts == 0 && sourceChanges == 0
      && timestampBreaks == 0
  }

  /// - Parameters:
  ///   - samples: of audio in it; 0 for keys and comfort noise.
  mutating func receive(_ header: RTPHeader, samples: Int, arrival: Int64) -> RTPSequence.Arrival {
    if lastArrival != 0 { longestGap = max(longestGap, arrival - lastArrival) }
    lastArrival = arrival
    if let source, source != header.ssrc { sourceChanges += 1 }
    source = header.ssrc
    guard samples > 0 else { return sequence.update(sequence: header.sequence) }
    let verdict = sequence.update(
      sequence: header.sequence, timestamp: header.timestamp,
      arrival: UInt32(truncatingIfNeeded: arrival / 125_000))
    if verdict != .duplicate {
      if let before = audio {
        let steps = UInt32(bitPattern: Int32(SequenceDistance.from(before.sequence, to: header.sequence)))
        if before.timestamp &+ steps &* before.samples != header.timestamp { timestampBreaks += 1 }
      }
      audio = (header.sequence, header.timestamp, UInt32(samples))
    }
    return verdict
  }

  mutating func receive(_ event: TelephoneEvent, timestamp: UInt32) {
    keyPackets += 1
    if let digit = detector.receive(event, timestamp: timestamp) { digits.append(digit.character) }
  }

  mutating func receiveComfortNoise() { comfortNoisePackets += 1 }

  /// - Parameter latency: ns; nil if its sender is gone.
  mutating func receive(_ found: SoundMark, latency: Int64?) {
    marksFound += 1
    if let last = mark, last.stream == found.stream {
      let step = Int(found.frame) - Int(last.frame)
      if step <= 0 { marksOutOfOrder += 1 } else { marksMissing += step - 1 }
    }
    mark = found
    if let latency { self.latency.add(microseconds: Int(latency / 1_000)) }
  }

  /// What the next receiver report says of the stream; nil before its first packet.
  mutating func report(senderReport: NTPTime?, delay: Int64) -> RTCP.ReportBlock? {
    guard let source else { return nil }
    return sequence.report(
      ssrc: source, lastSenderReport: senderReport?.middle ?? 0,
      delay: senderReport == nil ? 0 : UInt32(clamping: delay * 65_536 / 1_000_000_000))
  }

  /// Starts to count anew, on the same streams: what follows is judged against what went before.
  mutating func reset() {
    var fresh = StreamObservation()
    fresh.source = source
    fresh.detector = detector
    fresh.audio = audio
    fresh.mark = mark
    fresh.lastArrival = lastArrival
    if sequence.received > 0 {
      _ = fresh.sequence.update(sequence: UInt16(truncatingIfNeeded: sequence.extendedHighest))
      fresh.carried = 1
    }
    self = fresh
  }
}
