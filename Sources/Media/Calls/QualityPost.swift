import Locking
import Supervision

/// Readings of quality on their way from the workers to whoever is told of them. A worker leaves them here without
/// asking the heap for anything and without waiting for anybody; a thread of their own takes them on.
final class QualityPost: Sendable {
  struct Letter: Sendable {
    var call: CallID
    var leg: LegID
    var reading: LegQuality
  }

  private struct Box {
    var letters: [Letter] = []
    var isClosed = false
  }

  /// Letters that wait; each leg can write one in a second at most.
  private static let capacity = 4_096

  private let box: Lock<Box>
  private let signal: WakeSignal
  private let tell: @Sendable (CallID, MediaEvent) -> Void

  /// Starts the thread, which lives until `close`.
  init(tell: @escaping @Sendable (CallID, MediaEvent) -> Void) throws(SystemFailure) {
    var empty = Box()
    empty.letters.reserveCapacity(Self.capacity)
    box = Lock(empty)
    signal = try WakeSignal()
    self.tell = tell
    try WorkerExecutor.startThread(name: "quality") { self.run() }
  }

  /// - Returns: false if it can't be taken at once. Whoever wrote it tries again with his next one.
  func leave(_ letter: Letter) -> Bool {
    let wasEmpty: Bool?? = box.withLockIfFree { box in
      guard box.letters.count < Self.capacity else { return nil }
      box.letters.append(letter)
      return box.letters.count == 1
    }
    guard let taken = wasEmpty, let isFirst = taken else { return false }
    if isFirst { signal.raise() }
    return true
  }

  /// What was left before is still told.
  func close() {
    box.withLock { $0.isClosed = true }
    signal.raise()
  }

  private func run() {
    var taken: [Letter] = []
    taken.reserveCapacity(Self.capacity)
    var goesOn = true
    while goesOn {
      signal.wait()
      signal.clear()
      // The two arrays change places, so that the workers always find one with room.
      goesOn = box.withLock { box in
        swap(&box.letters, &taken)
        return !box.isClosed
      }
      deliver(taken)
      taken.removeAll(keepingCapacity: true)
    }
  }

  /// The legs of one call stand together.
  private func deliver(_ letters: [Letter]) {
    var readings: [LegID: LegQuality] = [:]
    for (index, letter) in letters.enumerated() {
      readings[letter.leg] = letter.reading
      if index + 1 < letters.count, letters[index + 1].call == letter.call { continue }
      tell(letter.call, .quality(readings))
      readings.removeAll(keepingCapacity: true)
    }
  }
}
