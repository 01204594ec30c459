import Audio
import Foundation

/// Writes what is heard to a WAV file, 8 kHz mono. The header is brought up to date every second, so that the file
/// can be played even if the process was killed.
struct WAVRecorder {
  private static let sampleRate = 8000

  private let file: FileHandle
  private var written = 0
  private var unaccounted = 0

  /// Milliseconds.
  var duration: Int { written * 1000 / Self.sampleRate }

  /// - Throws: where the file can't be made.
  init(path: String) throws(UsageError) {
    guard FileManager.default.createFile(atPath: path, contents: Data(Self.header(samples: 0))),
      let file = FileHandle(forWritingAtPath: path)
    else {
      throw UsageError(
        "\(path) can't be written.", remedy: "Give --wav a path in a folder that you may write to.")
    }
    self.file = file
    _ = try? file.seekToEnd()
  }

  mutating func write(_ samples: [Int16]) throws {
    try samples.map(\.littleEndian).withUnsafeBytes { try file.write(contentsOf: Data($0)) }
    written += samples.count
    unaccounted += samples.count
    if unaccounted >= Self.sampleRate { try account() }
  }

  mutating func finish() throws {
    try account()
    try file.close()
  }

  private mutating func account() throws {
    try file.seek(toOffset: 0)
    try file.write(contentsOf: Data(Self.header(samples: written)))
    _ = try file.seekToEnd()
    unaccounted = 0
  }

  private static func header(samples: Int) -> [UInt8] {
    WAVFile.header(sampleRate: sampleRate, channels: 1, dataBytes: samples * 2)
  }
}
