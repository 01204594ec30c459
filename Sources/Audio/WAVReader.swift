/// Why some bytes are not a sound that Earshot can play.
package struct WAVError: Error, Hashable, Sendable, CustomStringConvertible {
  package let problem: String
  /// Bytes from the start of the file.
  package let offset: Int
  package let remedy: String

  package var description: String { "not a usable WAV file: \(problem) at byte \(offset); \(remedy)" }
}

extension WAVFile {
  private static let convert = "convert it, for example with: sox IN -b 16 -e signed -r 8000 -c 1 OUT.wav"

  /// Reads a file's bytes.
  /// - Throws: `WAVError` with what is wrong, where, and how to make a file that is right.
  package init(_ bytes: [UInt8]) throws(WAVError) {
    guard bytes.count >= 12, bytes.tag(at: 0) == "RIFF", bytes.tag(at: 8) == "WAVE" else {
      throw WAVError(problem: "no RIFF/WAVE header", offset: 0, remedy: Self.convert)
    }
    var format: (sampleRate: Int, channels: Int)?
    var offset = 12
    while offset + 8 <= bytes.count {
      let length = Int(bytes.little32(at: offset + 4))
      let body = offset + 8
      switch bytes.tag(at: offset) {
      case "fmt ":
        format = try Self.format(bytes, at: body, length: min(length, bytes.count - body))
      case "data":
        guard let format else {
          throw WAVError(
            problem: "samples before their format", offset: offset, remedy: Self.convert)
        }
        let isOpenEnded = length == 0 || body + length > bytes.count
        let available = isOpenEnded ? bytes.count - body : length
        let frame = format.channels * 2
        let whole = available / frame * frame
        self.init(
          sampleRate: format.sampleRate, channels: format.channels,
          samples: stride(from: body, to: body + whole, by: 2).map {
            Int16(bitPattern: bytes.little16(at: $0))
          })
        return
      default:
        break
      }
      // Chunks are padded to an even length.
      offset = body + length + (length & 1)
    }
    throw WAVError(
      problem: format == nil ? "no format chunk" : "no samples", offset: min(offset, bytes.count),
      remedy: "the file may be cut short: copy it again, or \(Self.convert)")
  }

  private static func format(
    _ bytes: [UInt8], at body: Int, length: Int
  ) throws(WAVError) -> (sampleRate: Int, channels: Int) {
    guard length >= 16 else {
      throw WAVError(problem: "format chunk of \(length) bytes", offset: body, remedy: convert)
    }
    var code = bytes.little16(at: body)
    // WAVE_FORMAT_EXTENSIBLE keeps the code in the first bytes of its GUID.
    if code == 0xFFFE, length >= 26 { code = bytes.little16(at: body + 24) }
    guard code == 1 else {
      throw WAVError(problem: "encoding \(code) is not PCM", offset: body, remedy: convert)
    }
    let channels = Int(bytes.little16(at: body + 2))
    guard (1...16).contains(channels) else {
      throw WAVError(problem: "\(channels) channels", offset: body + 2, remedy: convert)
    }
    let sampleRate = Int(bytes.little32(at: body + 4))
    guard (1_000...384_000).contains(sampleRate) else {
      throw WAVError(problem: "sample rate \(sampleRate) Hz", offset: body + 4, remedy: convert)
    }
    let bits = bytes.little16(at: body + 14)
    guard bits == 16 else {
      throw WAVError(problem: "\(bits) bits a sample", offset: body + 14, remedy: convert)
    }
    return (sampleRate, channels)
  }
}

extension [UInt8] {
  fileprivate func tag(at offset: Int) -> String {
    String(decoding: self[offset..<(offset + 4)], as: UTF8.self)
  }

  fileprivate func little16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
  }

  fileprivate func little32(at offset: Int) -> UInt32 {
    UInt32(little16(at: offset)) | UInt32(little16(at: offset + 2)) << 16
  }
}
