import Audio
import TestKit
import Testing

@Suite("WAV files")
struct WAVFileTests {
  private let sound = WAVFile(sampleRate: 8_000, channels: 2, samples: [1, -2, 300, -400, .max, .min])

  private func chunk(_ tag: String, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = UInt32(length ?? body.count)
    let padding: [UInt8] = body.count % 2 == 1 ? [0] : []
    return Array(tag.utf8) + (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + body + padding
  }

  private func file(_ chunks: [UInt8]...) -> [UInt8] {
    Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVE".utf8) + chunks.flatMap { $0 }
  }

  private let format: [UInt8] = [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0]

  @Test("R1 what is written is read back")
  func roundTrip() throws {
    let bytes = sound.bytes()
    #expect(bytes.count == WAVFile.headerLength + 12)
    #expect(try WAVFile(bytes) == sound)
  }

  @Test("R1 a recording whose header was never completed is read whole, but for a sample cut in two")
  func unfinished() throws {
    let header = WAVFile.header(sampleRate: 8_000, channels: 1, dataBytes: 0)
    #expect(header.count == WAVFile.headerLength)
    #expect(try WAVFile(header + [1, 0, 2, 0, 3]).samples == [1, 2])
    let cutShort = WAVFile.header(sampleRate: 8_000, channels: 1, dataBytes: 1_000)
    #expect(try WAVFile(cutShort + [1, 0]).samples == [1])
  }

  @Test("other programs' chunks are passed over, padded ones too")
  func chunks() throws {
    let bytes = file(
      chunk("LIST", [1, 2, 3]), chunk("fmt ", format), chunk("fact", [4, 0, 0, 0]), chunk("data", [7, 0]))
    #expect(try WAVFile(bytes) == WAVFile(samples: [7]))
  }

  @Test("the extensible format is read by its inner code")
  func extensible() throws {
    var extensible = format + [22, 0, 16, 0, 4, 0, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 14)
    extensible[0] = 0xFE
    extensible[1] = 0xFF
    #expect(try WAVFile(file(chunk("fmt ", extensible), chunk("data", [7, 0]))).samples == [7])
  }

  @Test("channels are averaged into one")
  func downmix() {
    #expect(sound.downmixed() == WAVFile(samples: [0, -50, 0]))
    #expect(WAVFile(samples: [5]).downmixed().samples == [5])
    #expect(sound.duration == 0 && WAVFile(samples: Array(repeating: 0, count: 800)).duration == 100)
  }

  @Test("what can't be played says what, where and the remedy")
  func errors() {
    func problem(_ bytes: [UInt8]) -> WAVError? {
      do {
        _ = try WAVFile(bytes)
        return nil
      } catch { return error }
    }
    var mulaw = format
    mulaw[0] = 7
    var wide = format
    wide[14] = 24
    var silent = format
    silent[2] = 0
    #expect(problem([])?.problem == "no RIFF/WAVE header")
    #expect(problem(Array("RIFF....AVI ".utf8))?.offset == 0)
    #expect(problem(file(chunk("fmt ", mulaw), chunk("data", [])))?.problem == "encoding 7 is not PCM")
    #expect(problem(file(chunk("fmt ", wide), chunk("data", [])))?.offset == 34)
    #expect(problem(file(chunk("fmt ", silent), chunk("data", [])))?.problem == "0 channels")
    #expect(problem(file(chunk("fmt ", [1, 0])))?.problem == "format chunk of 2 bytes")
    #expect(problem(file(chunk("data", [1, 0])))?.problem == "samples before their format")
    #expect(problem(file(chunk("fmt ", format)))?.problem == "no samples")
    #expect(problem(file())?.description.contains("sox IN") == true)
  }

  @Test("X4 100,000 damaged files are read or refused")
  func hostile() {
    var random = SeededGenerator(seed: 6)
    let valid = sound.bytes()
    var read = 0
    for _ in 0..<100_000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: .min ... .max, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random) / 4)
      if let file = try? WAVFile(bytes) {
        read += 1
        #expect(file.samples.count * 2 <= bytes.count - 12 && file.samples.count % file.channels == 0)
      }
    }
    #expect((1..<100_000).contains(read))
  }
}
