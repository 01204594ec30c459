/// A timer that lives inside the value it belongs to, at an address that stays.
struct TimerNode {
  enum Kind: UInt8 { case mix, report, browser, levels, quality }

  fileprivate var next: UnsafeMutablePointer<TimerNode>?
  fileprivate var previous: UnsafeMutablePointer<TimerNode>?
  /// -1: not set.
  fileprivate var slot = -1
  let kind: Kind
  /// What the timer belongs to: a `MixState`, a `LegState`, or a `CallMedia`.
  let owner: UnsafeMutableRawPointer

  init(_ kind: Kind, owner: UnsafeMutableRawPointer) {
    self.kind = kind
    self.owner = owner
  }

  var isSet: Bool { slot >= 0 }
}

/// A wheel of one turn: 8,192 slots of 1 ms. Setting and taking away cost a few pointer writes.
/// A deadline farther than a turn is met at the end of the turn: whoever is woken looks at his own deadline again.
struct TimerWheel: ~Copyable {
  private static let slots = 8_192
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<TimerNode>?>
  /// A bit for each slot that isn't empty.
  private let occupied: UnsafeMutablePointer<UInt64>
  /// The tick (ms) up to which timers have fired.
  private var current: Int64
  private(set) var count = 0

  init(now: Nanoseconds) {
    heads = .allocate(capacity: Self.slots)
    heads.initialize(repeating: nil, count: Self.slots)
    occupied = .allocate(capacity: Self.slots / 64)
    occupied.initialize(repeating: 0, count: Self.slots / 64)
    current = now / .millisecond
  }

  deinit {
    heads.deallocate()
    occupied.deallocate()
  }

  /// (Re)sets a timer. It fires at the first ms that is not before `deadline`.
  mutating func set(_ node: UnsafeMutablePointer<TimerNode>, at deadline: Nanoseconds) {
    cancel(node)
    let wanted = (deadline &+ .millisecond &- 1) / .millisecond
    let tick = min(max(wanted, current &+ 1), current &+ Int64(Self.slots &- 1))
    let slot = Int(tick & Int64(Self.slots &- 1))
    let head = heads[slot]
    node.pointee.slot = slot
    node.pointee.previous = nil
    node.pointee.next = head
    head?.pointee.previous = node
    heads[slot] = node
    occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    count &+= 1
  }

  mutating func cancel(_ node: UnsafeMutablePointer<TimerNode>) {
    let slot = node.pointee.slot
    guard slot >= 0 else { return }
    let next = node.pointee.next
    next?.pointee.previous = node.pointee.previous
    if let previous = node.pointee.previous {
      previous.pointee.next = next
    } else {
      heads[slot] = next
      if next == nil { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }
    node.pointee.next = nil
    node.pointee.previous = nil
    node.pointee.slot = -1
    count &-= 1
  }

  /// The next timer that is due, taken from the wheel; nil once all of them have been given.
  mutating func popDue(_ now: Nanoseconds) -> UnsafeMutablePointer<TimerNode>? {
    let tick = now / .millisecond
    while current < tick {
      // Timers set while others fire go at least one tick ahead, so a slot is left behind once it is empty.
      let slot = Int((current &+ 1) & Int64(Self.slots &- 1))
      if let node = heads[slot] {
        cancel(node)
        return node
      }
      current = count == 0 ? tick : current &+ 1
    }
    return nil
  }

  /// Milliseconds until the next timer, for `epoll_wait`; -1 if there is none.
  func timeout(_ now: Nanoseconds) -> Int32 {
    guard count > 0 else { return -1 }
    let start = Int((current &+ 1) & Int64(Self.slots &- 1))
    var distance = 0
    while distance < Self.slots {
      let slot = (start &+ distance) & (Self.slots &- 1)
      let bits = occupied[slot >> 6] >> UInt64(slot & 63)
      if bits != 0 {
        let due = (current &+ 1 &+ Int64(distance &+ bits.trailingZeroBitCount)) &* .millisecond
        return Int32(clamping: max((due &- now &+ .millisecond &- 1) / .millisecond, 0))
      }
      distance &+= 64 &- (slot & 63)
    }
    return -1
  }
}
