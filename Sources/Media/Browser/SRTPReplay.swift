/// Which packets of a stream have been seen (RFC 3711, sections 3.3.1 and 3.3.2): the greatest index, and a window of
/// 64 behind it.
struct SRTPReplay {
  private(set) var highest: UInt64 = 0
  private var window: UInt64 = 0
  private var isStarted = false

  /// The index that a sequence number of RTP most likely stands for; nil before the beginning.
  func index(of sequence: UInt16) -> UInt64? {
    guard isStarted else { return UInt64(sequence) }
    let rollovers = Int64(highest >> 16)
    let last = Int(truncatingIfNeeded: highest & 0xFFFF)
    var guess = rollovers
    if last < 0x8000 {
      if Int(sequence) - last > 0x8000 { guess -= 1 }
    } else if last - 0x8000 > Int(sequence) {
      guess += 1
    }
    return guess < 0 ? nil : UInt64(guess) << 16 | UInt64(sequence)
  }

  /// Whether it is new and not too old.
  func admits(_ index: UInt64) -> Bool {
    guard isStarted, index <= highest else { return true }
    let behind = highest - index
    return behind < 64 && window & (1 << behind) == 0
  }

  mutating func note(_ index: UInt64) {
    guard isStarted, index <= highest else {
      let ahead = isStarted ? index - highest : 64
      window = ahead < 64 ? window << ahead | 1 : 1
      highest = index
      isStarted = true
      return
    }
    if highest - index < 64 { window |= 1 << (highest - index) }
  }
}
