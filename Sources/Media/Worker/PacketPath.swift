import Audio
import CLinux
import Glibc
import RTP

/// The way of a packet through one worker: receive, gate, row of each listener, send. No allocation, no lock, no
/// reference count.
///
/// Nothing but addresses of memory that lives as long as the worker, whose thread alone uses it; hence copying a
/// `PacketPath` copies no state.
struct PacketPath {
  /// Bytes of the longest packet that is taken: beyond an Ethernet frame.
  static let packetCapacity = 1_536

  let legs: UnsafeMutablePointer<LegSlab>
  let wheel: UnsafeMutablePointer<TimerWheel>
  let counters: UnsafeMutablePointer<MediaCounters>
  let deferred: UnsafeMutablePointer<DeferredPackets>
  let keys: UnsafeMutablePointer<PressedKeys>
  let inHand: UnsafeMutablePointer<PacketsInHand>
  let tables: G711Tables

  // Scratch memory of the packet in hand.
  let input: UnsafeMutableRawPointer
  let output: UnsafeMutableRawPointer
  /// Its samples.
  let pcm: UnsafeMutablePointer<Int16>
  /// The same, or a clip, on the way from one band to the other.
  let converted: UnsafeMutablePointer<Int16>
  /// A block of one other source, and the finished mix.
  let block: UnsafeMutablePointer<Int16>
  let sum: UnsafeMutablePointer<Int32>
  /// The finished mix in each coding.
  let encodings: UnsafeMutablePointer<UInt8>
  /// A packet as a browser gets it.
  let sealed: UnsafeMutableRawPointer

  init(legCapacity: Int, now: Nanoseconds) {
    legs = .allocate(capacity: 1)
    legs.initialize(to: LegSlab(capacity: legCapacity))
    wheel = .allocate(capacity: 1)
    wheel.initialize(to: TimerWheel(now: now))
    counters = .allocate(capacity: 1)
    counters.initialize(to: MediaCounters())
    deferred = .allocate(capacity: 1)
    deferred.initialize(to: DeferredPackets())
    keys = .allocate(capacity: 1)
    keys.initialize(to: PressedKeys())
    inHand = .allocate(capacity: 1)
    inHand.initialize(to: PacketsInHand())
    tables = .shared
    input = .allocate(byteCount: Self.packetCapacity, alignment: 16)
    output = .allocate(byteCount: Self.packetCapacity + RTPHeader.length, alignment: 16)
    let most = Band.wide.samples(Self.packetCapacity)
    pcm = .allocate(capacity: most)
    converted = .allocate(capacity: most)
    block = .allocate(capacity: most)
    sum = .allocate(capacity: most)
    encodings = .allocate(capacity: VoiceCoding.allCases.count * Self.packetCapacity)
    sealed = .allocate(
      byteCount: Self.packetCapacity + RTPHeader.length + SRTPStream.mostOverhead, alignment: 16)
  }

  /// Frees everything; all legs and mixes are gone by then.
  func deallocate() {
    legs.deinitialize(count: 1).deallocate()
    wheel.deinitialize(count: 1).deallocate()
    counters.deinitialize(count: 1).deallocate()
    deferred.deinitialize(count: 1).deallocate()
    keys.deinitialize(count: 1).deallocate()
    inHand.deinitialize(count: 1).deallocate()
    input.deallocate()
    output.deallocate()
    pcm.deallocate()
    converted.deallocate()
    block.deallocate()
    sum.deallocate()
    encodings.deallocate()
    sealed.deallocate()
  }
}

/// Keys pressed since the worker last told of them. Bounded: what a flood of keys adds is dropped.
struct PressedKeys: ~Copyable {
  private static let capacity = 256
  private let entries: UnsafeMutablePointer<(leg: UInt64, digit: Digit)>
  private(set) var count = 0

  init() { entries = .allocate(capacity: Self.capacity) }

  deinit { entries.deallocate() }

  mutating func append(_ digit: Digit, leg: UInt64) {
    guard count < Self.capacity else { return }
    (entries + count).initialize(to: (leg, digit))
    count &+= 1
  }

  mutating func removeAll(_ tell: (_ leg: UInt64, Digit) -> Void) {
    for index in 0..<count { tell(entries[index].leg, entries[index].digit) }
    count = 0
  }
}
