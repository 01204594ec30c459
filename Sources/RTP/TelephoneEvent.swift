/// A key of a telephone, with its event code of RFC 4733, table 3.
package enum Digit: UInt8, Sendable, Hashable, CaseIterable {
  case zero, one, two, three, four, five, six, seven, eight, nine
  case star, pound
  case a, b, c, d
  case flash

  private static let characters: [Character] = Array("0123456789*#ABCD!")

  /// `0`…`9`, `*`, `#`, `A`…`D`; `!` for flash.
  package var character: Character { Self.characters[Int(rawValue)] }

  package init?(_ character: Character) {
    guard let index = Self.characters.firstIndex(of: character) else { return nil }
    self.init(rawValue: UInt8(index))
  }
}

/// The payload of a telephone-event packet (RFC 4733, section 2.3): four bytes.
package struct TelephoneEvent: Hashable, Sendable {
  /// 0 … 16 are keys; others are line events.
  package var event: UInt8
  /// The key is released.
  package var isEnd: Bool
  /// 0 … 63, in −dBm0: 10 is usual.
  package var volume: UInt8
  /// Since the key went down, in timestamp units.
  package var duration: UInt16

  package static let length = 4

  package init(event: UInt8, isEnd: Bool = false, volume: UInt8 = 10, duration: UInt16) {
    self.event = event
    self.isEnd = isEnd
    self.volume = volume & 0x3F
    self.duration = duration
  }

  package init(_ digit: Digit, isEnd: Bool = false, volume: UInt8 = 10, duration: UInt16) {
    self.init(event: digit.rawValue, isEnd: isEnd, volume: volume, duration: duration)
  }

  package var digit: Digit? { Digit(rawValue: event) }

  /// Reads a payload; nil if it is too short. Further events in the same packet are not read.
  package static func parse(_ payload: UnsafeRawPointer, count: Int) -> TelephoneEvent? {
    guard count >= length else { return nil }
    let second = payload.load(fromByteOffset: 1, as: UInt8.self)
    return TelephoneEvent(
      event: payload.load(as: UInt8.self), isEnd: second & 0x80 != 0, volume: second & 0x3F,
      duration: payload.big16(at: 2))
  }

  /// Writes the four bytes.
  package func write(_ payload: UnsafeMutableRawPointer) {
    payload.storeBytes(of: event, as: UInt8.self)
    payload.storeBytes(of: (isEnd ? 0x80 : 0) | volume, toByteOffset: 1, as: UInt8.self)
    payload.store(big16: duration, at: 2)
  }
}
