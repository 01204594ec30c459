import Foundation

/// A minute of a tone at -20 dBFS as a WAV file, for a phone that reads only what fits its codec.
struct ToneFile {
  let bytes: [UInt8]

  /// - Parameters:
  ///   - frequency: Hz.
  ///   - rate: samples a second and channel.
  init(frequency: Double, rate: Int, channels: Int) {
    let frames = rate * 60
    let size = frames * channels * 2
    var bytes: [UInt8] = []
    bytes.reserveCapacity(44 + size)
    func append(_ number: Int, _ count: Int) {
      for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }
    bytes += "RIFF".utf8
    append(36 + size, 4)
    bytes += "WAVEfmt ".utf8
    for (number, count) in [
      (16, 4), (1, 2), (channels, 2), (rate, 4), (rate * channels * 2, 4), (channels * 2, 2), (16, 2),
    ] { append(number, count) }
    bytes += "data".utf8
    append(size, 4)
    for frame in 0..<frames {
      let sample = Int((3_276.7 * sin(2 * .pi * frequency * Double(frame) / Double(rate))).rounded())
      for _ in 0..<channels { append(sample, 2) }
    }
    self.bytes = bytes
  }
}
