/// Packets of call legs that were read and not yet served. The kernel's way in and its way out are long: several packets
/// go the one before any goes the other, so that each finds its code in the core's cache.
struct PacketsInHand: ~Copyable {
  struct Entry {
    let leg: UnsafeMutablePointer<LegState>
    let bytes: UnsafeMutableRawPointer
    var count: Int
  }

  /// What is read ahead delays the first of them by some 20 µs.
  static let capacity = 16
  /// Not a power of two, or else all would share the same places of the cache.
  private static let stride = PacketPath.packetCapacity + 64
  private let memory: UnsafeMutableRawPointer
  private let entries: UnsafeMutablePointer<Entry>
  private(set) var count = 0

  init() {
    memory = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    entries = .allocate(capacity: Self.capacity)
  }

  deinit {
    memory.deallocate()
    entries.deallocate()
  }

  var isFull: Bool { count == Self.capacity }

  /// Where the next datagram is read to.
  var free: UnsafeMutableRawPointer { memory + count &* Self.stride }

  subscript(index: Int) -> Entry { entries[index] }

  /// The datagram at `free`.
  mutating func append(_ leg: UnsafeMutablePointer<LegState>, bytes count: Int) {
    (entries + self.count).initialize(to: Entry(leg: leg, bytes: free, count: count))
    self.count &+= 1
  }

  mutating func removeAll() { count = 0 }
}
