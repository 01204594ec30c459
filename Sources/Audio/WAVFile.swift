/// A RIFF/WAVE sound in 16-bit PCM, as bytes in memory. Reading and writing files is the caller's matter.
///
/// The reader takes what other programs write: chunks in any order and of any kind, `WAVE_FORMAT_EXTENSIBLE`,
/// a data length of 0 or 0xFFFFFFFF as a stream leaves it, a file cut short.
package struct WAVFile: Hashable, Sendable {
  /// Hz.
  package var sampleRate: Int
  package var channels: Int
  /// Interleaved: one sample of each channel, then the next of each.
  package var samples: [Int16]

  package init(sampleRate: Int = 8_000, channels: Int = 1, samples: [Int16]) {
    self.sampleRate = sampleRate
    self.channels = channels
    self.samples = samples
  }

  /// Bytes of the header that `header(…)` makes: where the samples start.
  package static let headerLength = 44

  /// Milliseconds.
  package var duration: Int { channels == 0 ? 0 : samples.count / channels * 1_000 / sampleRate }

  /// All channels averaged into one.
  package func downmixed() -> WAVFile {
    guard channels > 1 else { return self }
    var mono = [Int16]()
    mono.reserveCapacity(samples.count / channels)
    for start in stride(from: 0, to: samples.count - channels + 1, by: channels) {
      let sum = samples[start..<(start + channels)].reduce(0) { $0 + Int($1) }
      mono.append(Int16(sum / channels))
    }
    return WAVFile(sampleRate: sampleRate, channels: 1, samples: mono)
  }

  /// The whole file.
  package func bytes() -> [UInt8] {
    var bytes = Self.header(
      sampleRate: sampleRate, channels: channels, dataBytes: samples.count * 2)
    bytes.reserveCapacity(bytes.count + samples.count * 2)
    for sample in samples { bytes.append(littleEndian: UInt16(bitPattern: sample)) }
    return bytes
  }

  /// The 44 bytes before the samples. A recorder writes it with `dataBytes` 0 first and again over it
  /// whenever it has flushed more; a crash in between still leaves a file that this reader takes whole.
  package static func header(sampleRate: Int, channels: Int, dataBytes: Int) -> [UInt8] {
    let data = UInt32(clamping: min(dataBytes, Int(UInt32.max) - 36))
    var bytes = [UInt8]()
    bytes.reserveCapacity(headerLength)
    bytes += Array("RIFF".utf8)
    bytes.append(littleEndian: data + 36)
    bytes += Array("WAVEfmt ".utf8)
    bytes.append(littleEndian: UInt32(16))
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(clamping: channels))
    bytes.append(littleEndian: UInt32(clamping: sampleRate))
    bytes.append(littleEndian: UInt32(clamping: sampleRate * channels * 2))
    bytes.append(littleEndian: UInt16(clamping: channels * 2))
    bytes.append(littleEndian: UInt16(16))
    bytes += Array("data".utf8)
    bytes.append(littleEndian: data)
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> Value(shift)))
    }
  }
}
