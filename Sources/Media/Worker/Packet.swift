import Audio
import RTP

/// One packet of RTP on its way through the worker.
struct Packet {
  enum Kind: UInt8 {
    case sound
    /// RFC 4733.
    case event
    /// RFC 3389.
    case comfortNoise
  }

  let leg: UnsafeMutablePointer<LegState>
  let bytes: UnsafeMutableRawPointer
  let count: Int
  /// The timestamp in samples at 8 kHz, whatever the peer's clock.
  let header: RTPHeader
  let kind: Kind
  /// Of the sound.
  let coding: VoiceCoding
  /// Length in samples at 8 kHz; 0 unless it is sound.
  let samples: Int
  /// Of the samples that it is decoded to.
  let band: Band
  /// Behind one that was received before.
  let isLate: Bool
  let isDuplicate: Bool
  let arrival: Nanoseconds
  /// `LegState.stream` of the sender.
  let stream: UInt64
  /// Its samples are in the worker's `pcm`.
  var isDecoded = false
  /// It never came: its samples were made up.
  var isConcealed = false

  var payload: UnsafeMutablePointer<UInt8> {
    (bytes + header.payloadOffset).assumingMemoryBound(to: UInt8.self)
  }

  /// Its samples are there or can be made: not those of a packet that its decoder is past.
  var canBeDecoded: Bool { isDecoded || kind != .sound || !coding.isStateful }

  /// The same packet kept at another place: as its samples, where they can't be decoded later.
  func moved(to place: UnsafeMutableRawPointer, pcm: UnsafePointer<Int16>) -> Packet {
    guard kind == .sound, coding.isStateful else {
      place.copyMemory(from: bytes, byteCount: count)
      return Packet(
        leg: leg, bytes: place, count: count, header: header, kind: kind, coding: coding, samples: samples,
        band: band, isLate: isLate, isDuplicate: isDuplicate, arrival: arrival, stream: stream)
    }
    var header = header
    header.payloadOffset = RTPHeader.length
    header.payloadLength = band.samples(samples) &* 2
    (place + RTPHeader.length).copyMemory(from: pcm, byteCount: header.payloadLength)
    return Packet(
      leg: leg, bytes: place, count: RTPHeader.length &+ header.payloadLength, header: header, kind: kind,
      coding: .linear, samples: samples, band: band, isLate: isLate, isDuplicate: isDuplicate,
      arrival: arrival,
      stream: stream)
  }
}

/// Packets of call legs that supervisors are still to hear: done after the calls themselves, and dropped before a
/// call would suffer. A ring that keeps the newest.
struct DeferredPackets: ~Copyable {
  static let capacity = 2_048
  /// Bytes of a place: a packet, or the samples of the longest one.
  private static let place = max(
    PacketPath.packetCapacity, RTPHeader.length + Band.wide.samples(VoiceDecoder.mostSamples) * 2)
  private let packets: UnsafeMutablePointer<Packet>
  private let generations: UnsafeMutablePointer<UInt32>
  private let slots: UnsafeMutablePointer<Int>
  private let bytes: UnsafeMutableRawPointer
  private var first = 0
  private var end = 0

  init() {
    packets = .allocate(capacity: Self.capacity)
    generations = .allocate(capacity: Self.capacity)
    slots = .allocate(capacity: Self.capacity)
    bytes = .allocate(byteCount: Self.capacity * Self.place, alignment: 16)
  }

  deinit {
    packets.deallocate()
    generations.deallocate()
    slots.deallocate()
    bytes.deallocate()
  }

  var isEmpty: Bool { first == end }

  /// - Returns: false if an older packet had to give way.
  mutating func append(_ packet: Packet, pcm: UnsafePointer<Int16>) -> Bool {
    let hasRoom = end &- first < Self.capacity
    if !hasRoom { first &+= 1 }
    let place = end & (Self.capacity &- 1)
    let memory = bytes + place &* Self.place
    (packets + place).initialize(to: packet.moved(to: memory, pcm: pcm))
    slots[place] = packet.leg.pointee.slot
    generations[place] = packet.leg.pointee.generation
    end &+= 1
    return hasRoom
  }

  /// The oldest one whose leg is still there.
  mutating func next(_ legs: borrowing LegSlab) -> Packet? {
    while first < end {
      let place = first & (Self.capacity &- 1)
      first &+= 1
      if legs.find(slot: slots[place], generation: generations[place]) != nil { return packets[place] }
    }
    return nil
  }
}
