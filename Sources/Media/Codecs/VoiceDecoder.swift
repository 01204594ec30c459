import COpus
import CSpanDSP
import RTP

/// Makes samples of one peer's Opus or G.722. The owner of the decoder; used on the worker's thread only, and on
/// the packet path without a count of references.
final class VoiceDecoder {
  /// The longest packet that is taken: 60 ms, in samples at 8 kHz.
  static let mostSamples = 480
  /// Lost packets in a row that are made up for.
  private static let mostConcealed = 2

  let coding: VoiceCoding
  /// Of its samples.
  let band: Band
  private let opus: OpaquePointer?
  private let g722: OpaquePointer?
  private var sequence: UInt16 = 0
  /// Length of the last packet, in samples at 8 kHz.
  private var length = 0
  /// The decoder is where the last packet left it.
  private var isContinuous = false
  /// Packets went by that nobody wanted to hear.
  private var isSkipping = false
  // The peer's clock, without its wraps.
  private var timestamp: UInt32 = 0
  private var elapsed: Int64 = 0

  init(_ coding: VoiceCoding, _ band: Band) {
    self.coding = coding
    self.band = band
    var error: Int32 = 0
    opus = coding == .opus ? opus_decoder_create(Int32(band.sampleRate), 1, &error) : nil
    let options = band == .narrow ? Int32(G722_SAMPLE_RATE_8000) : 0
    g722 = coding == .g722 ? g722_decode_init(nil, 64_000, options) : nil
  }

  deinit {
    if let opus { opus_decoder_destroy(opus) }
    if let g722 { g722_decode_free(g722) }
  }

  /// The peer's timestamp in samples at 8 kHz, running on where the peer's own wraps.
  func unwrapped(_ time: UInt32) -> UInt32 {
    guard coding == .opus else { return time }
    elapsed &+= Int64(SequenceDistance.from(timestamp, to: time))
    timestamp = time
    // Rounded down on both sides of 0, or there would be a step of one sample on the way over it.
    let clock = Int64(coding.clock)
    return UInt32(truncatingIfNeeded: (elapsed - (elapsed < 0 ? clock - 1 : 0)) / clock)
  }

  /// What was said until now has no part in what is to come.
  func forget() {
    isContinuous = false
    isSkipping = false
    if let opus { _ = opus_shim_reset_decoder(opus) }
  }

  /// A packet goes by unheard: the next that is heard begins anew.
  func skip() {
    isSkipping = true
    isContinuous = false
  }

  /// Length of a packet in samples at 8 kHz, without decoding it; 0 for what isn't to be understood, or is longer than 60 ms.
  func length(_ payload: UnsafePointer<UInt8>, count: Int) -> Int {
    let length = opus == nil ? count : Int(opus_packet_get_nb_samples(payload, Int32(count), 8_000))
    return length <= Self.mostSamples ? max(length, 0) : 0
  }

  /// How many packets before this one are missing and can be made up for.
  func missing(before number: UInt16) -> Int {
    guard isContinuous, coding == .opus else { return 0 }
    let lost = SequenceDistance.from(sequence, to: number) - 1
    return (1...Self.mostConcealed).contains(lost) ? lost : 0
  }

  /// Makes up for a lost packet: out of the next one, if that carries it (in-band FEC), else out of those before.
  /// - Returns: the length made, in samples at 8 kHz.
  func conceal(_ next: UnsafePointer<UInt8>?, count: Int, into output: UnsafeMutablePointer<Int16>) -> Int {
    guard let opus, length > 0 else { return 0 }
    let made = opus_decode(
      opus, next, Int32(count), output, Int32(band.samples(length)), next == nil ? 0 : 1)
    return max(Int(made), 0) / band.rawValue
  }

  /// - Returns: the length in samples at 8 kHz; 0 for what isn't to be understood, or is longer than 60 ms.
  func decode(
    _ payload: UnsafePointer<UInt8>, count: Int, sequence number: UInt16,
    into output: UnsafeMutablePointer<Int16>
  ) -> Int {
    if isSkipping { forget() }
    let made: Int
    if let opus {
      let length = opus_packet_get_nb_samples(payload, Int32(count), 8_000)
      guard length > 0, length <= Self.mostSamples else { return 0 }
      made = Int(opus_decode(opus, payload, Int32(count), output, Int32(band.samples(Int(length))), 0))
    } else if let g722, count <= Self.mostSamples {
      made = Int(g722_decode(g722, output, payload, Int32(count)))
    } else {
      made = 0
    }
    guard made > 0 else { return 0 }
    sequence = number
    length = made / band.rawValue
    isContinuous = true
    return length
  }
}
