import RTP

/// Keys on their way out as RFC 4733 packets, one in the place of each audio packet. A plain value.
struct KeyPress: Sendable {
  /// Packets while the key is down; then three that say it is up; then two of audio.
  static let downPackets = 4
  static let endPackets = 3
  static let pausePackets = 2

  private var digits: [Digit]
  private var step = 0
  private var timestamp: UInt32 = 0

  init(_ digits: [Digit]) { self.digits = digits }

  var isDone: Bool { digits.isEmpty }

  /// What goes out next: a packet of keys, or nil for one of audio.
  /// - Returns: `isFirst` in the first packet of a key.
  mutating func next(
    timestamp now: UInt32, samples: Int
  ) -> (event: TelephoneEvent, timestamp: UInt32, isFirst: Bool, isLastKey: Bool)? {
    guard let digit = digits.first else { return nil }
    let current = step
    step += 1
    if current == 0 { timestamp = now }
    if current >= Self.downPackets + Self.endPackets {
      if current == Self.downPackets + Self.endPackets + Self.pausePackets - 1 {
        digits.removeFirst()
        step = 0
      }
      return nil
    }
    let down = min(current + 1, Self.downPackets)
    let event = TelephoneEvent(
      digit, isEnd: current >= Self.downPackets, duration: UInt16(clamping: down * samples))
    return (event, timestamp, current == 0, digits.count == 1)
  }
}
