import CSpeexDSP

/// Makes samples of one band from those of the other, for one source in one mix. The owner of a resampler; made between
/// packets, used on the packet path without a count of references.
final class BandConverter {
  /// The library's measure for telephony: 3 ms of delay, and nothing of what is above the band folds back into it.
  private static let quality: Int32 = 3

  let source: Band
  let target: Band
  private let resampler: OpaquePointer?

  init(from source: Band, to target: Band) {
    self.source = source
    self.target = target
    var error: Int32 = 0
    resampler = speex_resampler_init(
      1, UInt32(source.sampleRate), UInt32(target.sampleRate), Self.quality, &error)
  }

  deinit { if let resampler { speex_resampler_destroy(resampler) } }

  /// - Parameters:
  ///   - ticks: length, in samples at 8 kHz.
  ///   - output: room for as many in the other band.
  func convert(_ input: UnsafePointer<Int16>, ticks: Int, into output: UnsafeMutablePointer<Int16>) {
    var taken = UInt32(source.samples(ticks))
    var made = UInt32(target.samples(ticks))
    if let resampler {
      _ = speex_resampler_process_int(resampler, 0, input, &taken, output, &made)
    } else {
      made = 0
    }
    let missing = target.samples(ticks) - Int(made)
    if missing > 0 { (output + Int(made)).update(repeating: 0, count: missing) }
  }
}
