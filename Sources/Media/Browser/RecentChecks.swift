import RTP

/// The last valid checks of one browser, and where each came from first. A browser gives each check a transaction of its
/// own, so the same one from elsewhere is a copy that somebody has caught on its way.
struct RecentChecks {
  private static let capacity = 64

  private struct Entry {
    var high: UInt64
    var low: UInt32
    var sender: SocketAddress
  }

  private var entries: [Entry] = []
  /// Where the next one goes once there is no room.
  private var next = 0

  /// - Parameter bytes: a well-formed message.
  /// - Returns: false for a copy.
  mutating func admit(_ bytes: UnsafeRawPointer, from sender: SocketAddress) -> Bool {
    let high = UInt64(bytes.big32(at: 8)) << 32 | UInt64(bytes.big32(at: 12))
    let low = bytes.big32(at: 16)
    if let same = entries.first(where: { $0.low == low && $0.high == high }) { return same.sender == sender }
    let entry = Entry(high: high, low: low, sender: sender)
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[next] = entry
      next = (next + 1) % Self.capacity
    }
    return true
  }
}
