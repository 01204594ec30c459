/// The legs of one worker at addresses that stay. An event of the kernel names a leg by slot and generation, so
/// one that is left over from a closed leg is known as such.
struct LegSlab: ~Copyable {
  private static let reportBit: UInt64 = 1 << 63
  private let states: UnsafeMutablePointer<LegState>
  private let generations: UnsafeMutablePointer<UInt32>
  private let live: UnsafeMutablePointer<Bool>
  private let reportTimers: UnsafeMutablePointer<TimerNode>
  private var free: [Int]
  let capacity: Int
  private(set) var count = 0

  /// - Parameter capacity: legs; memory is touched only as they are used.
  init(capacity: Int) {
    self.capacity = capacity
    states = .allocate(capacity: capacity)
    generations = .allocate(capacity: capacity)
    generations.initialize(repeating: 0, count: capacity)
    live = .allocate(capacity: capacity)
    live.initialize(repeating: false, count: capacity)
    reportTimers = .allocate(capacity: capacity)
    free = Array((0..<capacity).reversed())
  }

  deinit {
    states.deallocate()
    generations.deallocate()
    live.deallocate()
    reportTimers.deallocate()
  }

  /// nil if there is no place left.
  mutating func insert(_ make: (_ slot: Int, _ generation: UInt32) -> LegState) -> UnsafeMutablePointer<
    LegState
  >? {
    guard let slot = free.popLast() else { return nil }
    generations[slot] &+= 1
    (states + slot).initialize(to: make(slot, generations[slot]))
    (reportTimers + slot).initialize(to: TimerNode(.report, owner: states + slot))
    live[slot] = true
    count += 1
    return states + slot
  }

  mutating func remove(_ leg: UnsafeMutablePointer<LegState>) {
    let slot = leg.pointee.slot
    live[slot] = false
    leg.deinitialize(count: 1)
    free.append(slot)
    count -= 1
  }

  /// nil if that leg is gone.
  @inline(__always)
  func find(slot: Int, generation: UInt32) -> UnsafeMutablePointer<LegState>? {
    guard slot < capacity, live[slot], generations[slot] == generation else { return nil }
    return states + slot
  }

  /// When the leg's next RTCP is due.
  func reportTimer(_ leg: UnsafeMutablePointer<LegState>) -> UnsafeMutablePointer<TimerNode> {
    reportTimers + leg.pointee.slot
  }

  /// What an event of that leg's sockets carries. 31 bits of generation, 32 of slot.
  static func token(_ leg: borrowing LegState, isReport: Bool) -> UInt64 {
    UInt64(leg.generation & 0x7FFF_FFFF) << 32 | UInt64(leg.slot) | (isReport ? reportBit : 0)
  }

  @inline(__always)
  func find(_ token: UInt64) -> (leg: UnsafeMutablePointer<LegState>, isReport: Bool)? {
    let generation = UInt32(truncatingIfNeeded: token >> 32) & 0x7FFF_FFFF
    guard let leg = find(slot: Int(token & 0xFFFF_FFFF), generation: generation) else { return nil }
    return (leg, token & Self.reportBit != 0)
  }
}
