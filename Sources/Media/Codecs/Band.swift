/// How wide the sound is that samples carry. Time is counted in ticks of 8 kHz everywhere in a worker, as telephones do; a
/// tick has as many samples as the band says.
enum Band: Int, Hashable, Sendable {
  /// 8 kHz: up to 3.4 kHz of sound, as in a telephone.
  case narrow = 1
  /// 16 kHz: up to 7 kHz, as G.722 has it.
  case wide = 2

  /// Hz.
  var sampleRate: Int { 8_000 * rawValue }

  /// Samples of a length of time.
  @inline(__always)
  func samples(_ ticks: Int) -> Int { ticks &* rawValue }
}
