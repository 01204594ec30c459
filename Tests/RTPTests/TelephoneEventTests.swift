import RTP
import TestKit
import Testing

@Suite("Keys (RFC 4733)")
struct TelephoneEventTests {
  @Test("M8 every key has its event code and character")
  func digits() {
    #expect(String(Digit.allCases.map(\.character)) == "0123456789*#ABCD!")
    #expect(Digit.allCases.map(\.rawValue) == [UInt8](0...16))
    for digit in Digit.allCases { #expect(Digit(digit.character) == digit) }
    #expect(Digit("x") == nil && Digit(rawValue: 17) == nil)
  }

  @Test("M8 what is written is read back")
  func roundTrip() {
    var bytes = [UInt8](repeating: 0, count: 4)
    let event = TelephoneEvent(.pound, isEnd: true, volume: 63, duration: 0x1234)
    bytes.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { event.write(base) }
    }
    #expect(bytes == [11, 0xBF, 0x12, 0x34])
    #expect(TelephoneEvent.parse(bytes, count: 4) == event)
    #expect(TelephoneEvent.parse(bytes, count: 3) == nil)
    #expect(TelephoneEvent(event: 200, duration: 0).digit == nil)
  }

  /// The packets of one press of 100 ms, the last sent three times.
  private func press(_ digit: Digit, at timestamp: UInt32) -> [(TelephoneEvent, UInt32)] {
    (1...5).map { (TelephoneEvent(digit, duration: UInt16($0 * 160)), timestamp) }
      + Array(repeating: (TelephoneEvent(digit, isEnd: true, duration: 800), timestamp), count: 3)
  }

  @Test("M8 each press is one digit, the same key twice too, told with its first packet")
  func presses() {
    var detector = DigitDetector()
    let start = UInt32.max - 1_000
    let told = (press(.six, at: start) + press(.six, at: start &+ 1_600)).map {
      detector.receive($0.0, timestamp: $0.1)
    }
    #expect(told.compactMap { $0 } == [.six, .six])
    #expect(told[0] == .six && told[8] == .six)
  }

  @Test("M8 a press of which any one packet arrives is told once, late packets of the last one not at all")
  func loss() {
    for kept in 0..<8 {
      var detector = DigitDetector()
      let seven = press(.seven, at: 8_000)[kept]
      #expect(detector.receive(seven.0, timestamp: seven.1) == .seven)
      let star = press(.star, at: 12_000)[kept]
      #expect(detector.receive(star.0, timestamp: star.1) == .star)
      #expect(detector.receive(seven.0, timestamp: seven.1) == nil)
    }
  }

  @Test("M8 a key held for more than 8 s is one press; a line event is no digit")
  func long() {
    var detector = DigitDetector()
    #expect(detector.receive(TelephoneEvent(.one, duration: 160), timestamp: 0) == .one)
    #expect(detector.receive(TelephoneEvent(.one, duration: .max), timestamp: 0) == nil)
    #expect(detector.receive(TelephoneEvent(.one, duration: 160), timestamp: 65_535) == nil)
    #expect(detector.receive(TelephoneEvent(event: 66, duration: 1), timestamp: 90_000) == nil)
  }

  @Test("M8 a source that begins a new clock is heard again")
  func newClock() {
    var detector = DigitDetector()
    #expect(detector.receive(TelephoneEvent(.one, duration: 160), timestamp: 3_000_000) == .one)
    #expect(detector.receive(TelephoneEvent(.two, duration: 160), timestamp: 1_000) == .two)
  }
}
