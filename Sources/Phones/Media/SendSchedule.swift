/// Which endpoints are due when: a wheel of ticks, so that taking and putting back cost the same for ten phones and
/// for thousands. A plain value.
struct SendSchedule {
  /// Ticks in one turn; what lies further ahead is looked at once a turn.
  private static let size = 2_048

  /// ns.
  private let tick: Int64
  private var wheel = [[EndpointID]](repeating: [], count: SendSchedule.size)
  /// The tick served last.
  private var served: Int64

  init(tick: Int64, now: Int64) {
    self.tick = tick
    served = now / tick
  }

  mutating func insert(_ id: EndpointID, due: Int64) {
    let slot = max(due / tick, served + 1)
    wheel[Int(slot % Int64(Self.size))].append(id)
  }

  /// Those whose tick has come (or a turn of the wheel before theirs: the caller looks at the time).
  mutating func take(until now: Int64, into due: inout [EndpointID]) {
    let last = now / tick
    // After a long halt every slot is looked at once.
    for slot in max(served + 1, last - Int64(Self.size) + 1)...max(served + 1, last) where slot <= last {
      let index = Int(slot % Int64(Self.size))
      due.append(contentsOf: wheel[index])
      wheel[index].removeAll(keepingCapacity: true)
    }
    served = max(served, last)
  }
}

/// Names an endpoint of a `PhoneMedia`; never used twice.
package struct EndpointID: Hashable, Sendable {
  let slot: UInt32
  let serial: UInt32
}
