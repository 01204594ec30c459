import Audio
import Foundation

/// Writes what is heard to a WAV file, 8 kHz mono. The header is brought up to date every second, so that the file
/// can be played even if the process was killed. Until something is heard, an earlier file stays as it is, and where
/// nothing is, none is left that wasn't there.
struct WAVRecorder {
  private static let sampleRate = 8000

  private let path: String
  private let file: FileHandle
  private let isNew: Bool
  private var written = 0
  private var unaccounted = 0

  /// Milliseconds.
  var duration: Int { written * 1000 / Self.sampleRate }

  /// - Throws: where the file can't be made.
  init(path: String) throws(UsageError) {
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw UsageError(
        "\(path) can't be written.", remedy: "Give --wav a path in a folder that you may write to.")
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  mutating func write(_ samples: [Int16]) throws {
    if written == 0 {
      try file.truncate(atOffset: 0)
      try account()
    }
    try samples.map(\.littleEndian).withUnsafeBytes { try file.write(contentsOf: Data($0)) }
    written += samples.count
    unaccounted += samples.count
    if unaccounted >= Self.sampleRate { try account() }
  }

  mutating func finish() throws {
    if written > 0 {
      try account()
    } else if isNew {
      try FileManager.default.removeItem(atPath: path)
    }
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
