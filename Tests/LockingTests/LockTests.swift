import Locking
import Testing

@Suite("X4 the lock")
struct LockTests {
  @Test("X4 many tasks that hop between threads lose no update and never find the lock in another's name")
  func hopping() async {
    let count = Counter()
    await withTaskGroup { group in
      for _ in 0..<64 {
        group.addTask {
          for _ in 0..<500 {
            count.add()
            await Task.yield()
            count.add()
          }
        }
      }
    }
    #expect(count.value == 64_000)
  }

  @Test("A body that throws gives the lock back")
  func throwing() {
    struct Refused: Error {}
    let lock = Lock(1)
    #expect(throws: Refused.self) { try lock.withLock { _ in throw Refused() } }
    #expect(lock.withLock { $0 } == 1)
  }

  @Test("Whoever can't wait gets the value only while it is free")
  func impatient() {
    let lock = Lock(1)
    let inner = lock.withLock { _ in lock.withLockIfFree { $0 } }
    #expect(inner == nil)
    #expect(lock.withLockIfFree { $0 } == 1)
  }

  @Test("What is locked up is let go with the lock")
  func release() {
    weak var kept: Counter?
    do {
      let counter = Counter()
      kept = counter
      let lock = Lock(counter)
      #expect(lock.withLock { $0 === counter })
    }
    #expect(kept == nil)
  }
}

private final class Counter: Sendable {
  private let count = Lock(0)
  func add() { count.withLock { $0 += 1 } }
  var value: Int { count.withLock { $0 } }
}
