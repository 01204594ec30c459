import Testing

@testable import Media

@Suite("Timers of a worker")
struct TimerWheelTests {
  @Test("M2 timers fire in time, once, and never before")
  func fires() {
    var generator = SeededGenerator(3)
    let count = 500
    let nodes = UnsafeMutablePointer<TimerNode>.allocate(capacity: count)
    defer { nodes.deallocate() }
    var wheel = TimerWheel(now: 123_456_789)
    var due: [Int64] = []
    for index in 0..<count {
      let owner = UnsafeMutableRawPointer(nodes + index)
      (nodes + index).initialize(to: TimerNode(.mix, owner: owner))
      due.append(123_456_789 + Int64.random(in: 0...7_000_000_000, using: &generator))
      wheel.set(nodes + index, at: due[index])
    }
    for index in stride(from: 0, to: count, by: 7) { wheel.cancel(nodes + index) }
    var fired: [Int64?] = Array(repeating: nil, count: count)
    var now: Int64 = 123_456_789
    while wheel.count > 0 {
      let timeout = wheel.timeout(now)
      #expect(timeout >= 0)
      now += max(Int64(timeout), 1) * 1_000_000
      while let node = wheel.popDue(now) { fired[nodes.distance(to: node)] = now }
    }
    for index in 0..<count {
      if index % 7 == 0 {
        #expect(fired[index] == nil)
      } else {
        let late = (fired[index] ?? .max) - due[index]
        #expect((0...2_000_000).contains(late), "timer \(index) is \(late) ns late")
      }
    }
    #expect(wheel.timeout(now) == -1)
  }
}
