/// The control protocol beside RTP (RFC 3550, section 6): what its packets carry, as plain values.
package enum RTCP {
  /// RFC 3550, section 12.1; RFC 4585; RFC 3611.
  package enum PacketType {
    package static let senderReport: UInt8 = 200
    package static let receiverReport: UInt8 = 201
    package static let sourceDescription: UInt8 = 202
    package static let bye: UInt8 = 203
  }

  /// What a sender says of itself in a sender report.
  package struct SenderInfo: Hashable, Sendable {
    package var time: NTPTime
    /// The same instant on the RTP clock of the source.
    package var timestamp: UInt32
    package var packets: UInt32
    /// Payload bytes, headers not counted.
    package var octets: UInt32

    package init(time: NTPTime, timestamp: UInt32, packets: UInt32, octets: UInt32) {
      self.time = time
      self.timestamp = timestamp
      self.packets = packets
      self.octets = octets
    }
  }

  /// What a receiver says of one source (section 6.4.1).
  package struct ReportBlock: Hashable, Sendable {
    /// The source reported on.
    package var ssrc: UInt32
    /// Lost since the last report, in 1/256.
    package var fractionLost: UInt8
    /// 24 bits, signed: duplicates may make it negative.
    package var cumulativeLost: Int32
    package var extendedHighest: UInt32
    /// Timestamp units.
    package var jitter: UInt32
    /// `NTPTime.middle` of the last sender report received from that source, 0 if none.
    package var lastSenderReport: UInt32
    /// 1/65,536 s.
    package var delaySinceLastSenderReport: UInt32

    package init(
      ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, extendedHighest: UInt32, jitter: UInt32,
      lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
    ) {
      self.ssrc = ssrc
      self.fractionLost = fractionLost
      self.cumulativeLost = cumulativeLost
      self.extendedHighest = extendedHighest
      self.jitter = jitter
      self.lastSenderReport = lastSenderReport
      self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    /// Milliseconds from here to the reporter and back (section 6.4.1), or nil if the report tells nothing.
    /// - Parameter now: when the report came, on the clock that our sender reports carry.
    package func roundTrip(now: NTPTime) -> Double? {
      guard lastSenderReport != 0 else { return nil }
      let elapsed = SequenceDistance.from(
        lastSenderReport &+ delaySinceLastSenderReport, to: now.middle)
      return elapsed >= 0 ? Double(elapsed) * 1_000 / 65_536 : nil
    }
  }

  /// Whether a datagram on a port shared with RTP is RTCP (RFC 5761, section 4).
  @inlinable
  package static func isRTCP(_ bytes: UnsafeRawPointer, count: Int) -> Bool {
    guard count >= 4, bytes.load(as: UInt8.self) >> 6 == 2 else { return false }
    let type = bytes.load(fromByteOffset: 1, as: UInt8.self)
    return type >= 192 && type <= 223
  }
}

/// A wall-clock instant as NTP counts it: seconds since 1900, and 1/2³² s.
package struct NTPTime: Hashable, Sendable {
  package var seconds: UInt32
  package var fraction: UInt32

  package init(seconds: UInt32, fraction: UInt32) {
    self.seconds = seconds
    self.fraction = fraction
  }

  /// Seconds from the NTP epoch (1900) to that of Unix (1970).
  private static let unixEpoch: Int64 = 2_208_988_800

  /// - Parameter unixNanoseconds: `clock_gettime(CLOCK_REALTIME)` in ns.
  package init(unixNanoseconds: Int64) {
    let (quotient, remainder) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    seconds = UInt32(truncatingIfNeeded: quotient + Self.unixEpoch)
    fraction = UInt32(truncatingIfNeeded: (max(remainder, 0) << 32) / 1_000_000_000)
  }

  /// ns since 1970, within the NTP era that began in 1900 (until 2036).
  package var unixNanoseconds: Int64 {
    (Int64(seconds) - Self.unixEpoch) * 1_000_000_000 + (Int64(fraction) * 1_000_000_000 + 0x8000_0000) >> 32
  }

  /// The middle 32 bits, 1/65,536 s: how reports name an instant.
  package var middle: UInt32 { seconds << 16 | fraction >> 16 }
}
