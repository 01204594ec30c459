import Dispatch
import Supervision
import Testing

@testable import Media

@Suite("Readings on their way from the workers")
struct QualityPostTests {
  private func letter(_ call: String, _ leg: UInt64, loss: Double = 0) -> QualityPost.Letter {
    let quality = StreamQuality(loss: loss, jitter: 0, mos: 4.4)
    return .init(call: CallID(call), leg: LegID(leg), reading: LegQuality(received: quality))
  }

  @Test("M11 all are told, in order, also those that were left just before the end")
  func order() async throws {
    let (news, teller) = AsyncStream<(CallID, MediaEvent)>.makeStream()
    let post = try QualityPost { teller.yield(($0, $1)) }
    for number in 1...100 {
      // Refused only while the other thread has its hand in the box.
      while !post.leave(letter("c\(number % 2)", UInt64(number % 2), loss: Double(number))) {}
    }
    post.close()
    var last: [CallID: Double] = [:]
    for await (call, event) in news {
      guard case .quality(let readings) = event else { continue }
      #expect(readings.count == 1)
      let loss = try #require(readings.values.first?.received?.loss)
      #expect(loss > last[call] ?? 0)
      last[call] = loss
      if last[CallID("c0")] == 100, last[CallID("c1")] == 99 { break }
    }
  }

  @Test("M11 a box that is full takes no more and nothing waits for it; afterwards it takes again")
  func full() async throws {
    let (news, teller) = AsyncStream<Int>.makeStream()
    let (isTelling, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let post = try QualityPost { _, event in
      isTelling.signal()
      goOn.wait()
      if case .quality(let readings) = event { teller.yield(readings.count) }
    }
    while !post.leave(letter("first", 1)) {}
    try #require(await Self.isSignalled(isTelling))
    // Its thread is busy with the first: all that is left now stays in the box.
    var taken: UInt64 = 0
    while taken < 10_000, post.leave(letter("second", taken)) { taken += 1 }
    #expect(taken == 4_096)
    goOn.signal()
    goOn.signal()
    var counts: [Int] = []
    for await count in news {
      counts.append(count)
      if counts.count == 2 { break }
    }
    // The legs of one call are told together.
    #expect(counts == [1, 4_096])
    goOn.signal()
    while !post.leave(letter("third", 1)) {}
    for await count in news {
      #expect(count == 1)
      break
    }
    post.close()
  }

  /// Waits on a thread that may.
  private static func isSignalled(_ semaphore: DispatchSemaphore) async -> Bool {
    await withCheckedContinuation { waiter in
      DispatchQueue.global().async {
        waiter.resume(returning: semaphore.wait(timeout: .now() + 5) == .success)
      }
    }
  }
}
