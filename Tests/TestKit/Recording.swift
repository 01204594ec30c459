import Audio

/// What a phone of another make has written down: 16-bit WAV of whatever rate, heard at 8 kHz.
struct Recording {
  let samples: [Int16]

  init(_ file: [UInt8]) throws {
    func number(_ place: Int, _ bytes: Int) -> Int {
      guard place + bytes <= file.count else { return 0 }
      return (0..<bytes).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
    }
    let (channels, rate) = (number(22, 2), number(24, 4))
    guard rate > 8_000 || channels > 1 else {
      samples = try WAVFile(file).samples
      return
    }
    guard rate % 8_000 == 0, number(34, 2) == 16, file.count >= 44 else { throw Unreadable(rate: rate) }
    // The mean of what falls together is good enough an ear for tones far below 4 kHz.
    let width = rate / 8_000 * channels
    let count = (file.count - 44) / 2 / width
    samples = (0..<count).map { index in
      let sum = (0..<width).reduce(0) { sum, offset in
        sum + Int(Int16(truncatingIfNeeded: number(44 + (index * width + offset) * 2, 2)))
      }
      return Int16(sum / width)
    }
  }

  struct Unreadable: Error {
    let rate: Int
  }
}
