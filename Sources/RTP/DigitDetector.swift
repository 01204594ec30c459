/// Turns the packets of a key press, a dozen and the last of them sent three times, into one digit.
/// A plain value of a leg's state.
package struct DigitDetector: Hashable, Sendable {
  /// A packet up to this far behind (5 s at 8,000 Hz) is a late one of a press told already; further behind,
  /// the source has begun a new clock.
  private static let lateness = 40_000

  private var last: TelephoneEvent?
  private var timestamp: UInt32 = 0

  package init() {}

  /// Takes the next telephone-event packet. The digit is told with the first packet that arrives of a press,
  /// so that a key acts at once and a lost packet loses none; nil for the rest of that press.
  /// - Parameter timestamp: of the RTP header; it stands for the press and stays while the key is down.
  package mutating func receive(_ event: TelephoneEvent, timestamp: UInt32) -> Digit? {
    guard let last else {
      self.last = event
      self.timestamp = timestamp
      return event.digit
    }
    let distance = SequenceDistance.from(self.timestamp, to: timestamp)
    if distance <= 0, distance >= -Self.lateness {
      if distance == 0 { self.last = event }
      return nil
    }
    // A key held for more than 8 s goes on under a new timestamp once the duration is full (section 2.5.1.3).
    let goesOn =
      !last.isEnd && last.event == event.event && last.duration == .max && distance == Int(UInt16.max)
    self.last = event
    self.timestamp = timestamp
    return goesOn ? nil : event.digit
  }
}
