import Audio
import RTP

@testable import Media

/// A browser that speaks a tone in the codec agreed, and keeps what it hears.
final class BrowserVoice {
  let browser: TestBrowser
  let coding: VoiceCoding
  var tone: ToneSource
  private(set) var sound: [Int16] = []
  private(set) var headers: [RTPHeader] = []
  private let encoder = MixEncoders(.narrow)
  private let decoder: VoiceDecoder
  private var output = [UInt8](repeating: 0, count: 1_500)

  init(_ browser: TestBrowser, _ coding: VoiceCoding, frequency: Double) {
    self.browser = browser
    self.coding = coding
    tone = ToneSource(frequency: frequency, level: -16)
    encoder.prepare(coding)
    decoder = VoiceDecoder(coding, .narrow)
  }

  /// The next 20 ms, encoded.
  func frame() -> [UInt8] {
    let samples = tone.samples(160)
    if let law = coding.law { return samples.encoded(law) }
    let count = output.withUnsafeMutableBufferPointer { buffer in
      encoder.encode(coding, samples, count: 160, into: buffer.baseAddress!, capacity: buffer.count)
    }
    return Array(output[0..<count])
  }

  func speak() { browser.send(frame(), ticks: 160 * Int(coding.clock)) }

  /// A packet that gets lost on its way.
  func lose() { _ = browser.sealed(frame(), ticks: 160 * Int(coding.clock)) }

  /// Takes in what has come.
  func hear() {
    for heard in browser.receiveAll() where heard.header.payloadType == browser.payloadType {
      headers.append(heard.header)
      if let law = coding.law {
        sound += heard.payload.linear(law)
        continue
      }
      var samples = [Int16](repeating: 0, count: VoiceDecoder.mostSamples)
      let count = decoder.decode(
        heard.payload, count: heard.payload.count, sequence: heard.header.sequence, into: &samples)
      sound += samples[0..<count]
    }
  }

  func forget() {
    sound = []
    headers = []
  }

  /// dBFS of a tone in what was heard, the first 100 ms left out.
  func level(_ frequency: Double) -> Double {
    Goertzel(frequency: frequency).level(Array(sound.dropFirst(800)))
  }
}
