/// What came at the port of browsers and can wait until the calls have been served: supervisors' sound, STUN, DTLS. A
/// bounded ring; what has no room is dropped, as networks do.
struct LaterDatagrams: ~Copyable {
  enum Kind: UInt8 { case check, handshake, sound }

  struct Entry {
    let kind: Kind
    let leg: UnsafeMutablePointer<LegState>
    let slot: Int
    let generation: UInt32
    let sender: SocketAddress
    let bytes: UnsafeMutableRawPointer
    let count: Int
  }

  private static let capacity = 256
  private let entries: UnsafeMutablePointer<Entry>
  private let bytes: UnsafeMutableRawPointer
  private var first = 0
  private var end = 0

  init() {
    entries = .allocate(capacity: Self.capacity)
    bytes = .allocate(byteCount: Self.capacity * PacketPath.packetCapacity, alignment: 16)
  }

  deinit {
    entries.deallocate()
    bytes.deallocate()
  }

  var isEmpty: Bool { first == end }

  /// - Returns: false if there is no room.
  mutating func append(
    _ kind: Kind, _ leg: UnsafeMutablePointer<LegState>, from sender: SocketAddress,
    _ datagram: UnsafeRawPointer, count: Int
  ) -> Bool {
    guard end &- first < Self.capacity else { return false }
    let place = end & (Self.capacity &- 1)
    let memory = bytes + place &* PacketPath.packetCapacity
    memory.copyMemory(from: datagram, byteCount: count)
    (entries + place).initialize(
      to: Entry(
        kind: kind, leg: leg, slot: leg.pointee.slot, generation: leg.pointee.generation, sender: sender,
        bytes: memory, count: count))
    end &+= 1
    return true
  }

  /// The oldest one whose leg is still there. Its bytes stay until the ring comes round.
  mutating func next(_ legs: borrowing LegSlab) -> Entry? {
    while first < end {
      let entry = entries[first & (Self.capacity &- 1)]
      first &+= 1
      if legs.find(slot: entry.slot, generation: entry.generation) != nil { return entry }
    }
    return nil
  }
}
