import Audio
import RTP
import Testing

@testable import Media

@Suite("Encoders of a mix")
struct MixEncoderTests {
  @Test(
    "M11 a block of any packet time becomes one packet, which decodes to as many samples",
    arguments: [80, 160, 200, 240, 320, 400, 480])
  func lengths(count: Int) throws {
    for coding in [VoiceCoding.opus, .g722] {
      let encoders = MixEncoders(.narrow)
      let decoder = VoiceDecoder(coding, .narrow)
      encoders.prepare(coding)
      var tone = ToneSource(frequency: 700, level: -16)
      var heard: [Int16] = []
      var bytes = [UInt8](repeating: 0, count: 1_500)
      for number in 0..<UInt16(50) {
        let made = bytes.withUnsafeMutableBufferPointer { buffer in
          encoders.encode(
            coding, tone.samples(count), count: count, into: buffer.baseAddress!, capacity: 1_500)
        }
        #expect(made > 0)
        var samples = [Int16](repeating: 0, count: VoiceDecoder.mostSamples)
        #expect(decoder.decode(bytes, count: made, sequence: number, into: &samples) == count)
        heard += samples[0..<count]
      }
      let level = Goertzel(frequency: 700).level(Array(heard.dropFirst(800)))
      #expect(abs(level + 16) < 1.5, "\(coding) \(level)")
    }
  }

  @Test("M11 a coding that wasn't prepared, and a block that Opus has no frames for, give nothing")
  func nothing() {
    let encoders = MixEncoders(.narrow)
    var bytes = [UInt8](repeating: 0, count: 1_500)
    let samples = [Int16](repeating: 1, count: 160)
    #expect(encoders.encode(.opus, samples, count: 160, into: &bytes, capacity: 1_500) == 0)
    encoders.prepare(.opus)
    #expect(encoders.encode(.opus, samples, count: 7, into: &bytes, capacity: 1_500) == 0)
    #expect(encoders.encode(.opus, samples, count: 160, into: &bytes, capacity: 1_500) > 0)
  }

  @Test("X4 random bytes as Opus and G.722 are decoded to something or nothing, and no more than 60 ms")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for coding in [VoiceCoding.opus, .g722] {
      let decoder = VoiceDecoder(coding, .narrow)
      var samples = [Int16](repeating: 0, count: VoiceDecoder.mostSamples)
      for number in 0..<UInt16(3_000) {
        let bytes = (0..<Int.random(in: 0...600, using: &generator)).map { _ in UInt8.random(in: 0...255) }
        let made = decoder.decode(bytes, count: bytes.count, sequence: number, into: &samples)
        #expect((0...VoiceDecoder.mostSamples).contains(made))
      }
    }
  }
}
