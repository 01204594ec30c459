import Audio
import RTP

/// What one source has sent and a mixed row has not yet played: samples, not frames (M2).
///
/// The row asks for a block whenever its pacing packet goes out. A frame that came shortly before waits for that
/// moment, so a clean network costs between the margin and one packet plus the margin. The queue grows by itself
/// where a frame comes too late (the gap is faded out, and the frame then waits for the next block). It shrinks
/// where a second has shown that less would have done: at once if there is much too much, otherwise in a pause, or
/// after half a second with a cross-fade. A plain value; its ring is owned by the mix.
struct PlayoutQueue {
  /// Samples at 8 kHz: 256 ms.
  static let capacity = 2_048
  private static let marks = 64
  /// The least margin: a frame that comes later than this before the block is kept for the next one.
  static let leastMargin: Nanoseconds = 300_000
  private static let mostMargin: Nanoseconds = 60_000_000
  /// More than this left over (80 ms) is cut at once, down to 40 ms.
  private static let flood = 640
  private static let afterFlood = 320
  /// Excess of less than 1 ms isn't worth a cut.
  private static let leastCut = 8
  private static let observation: Nanoseconds = .second
  private static let patience: Nanoseconds = 500_000_000
  /// What nobody asked for in this time is not played any more.
  private static let stale: Nanoseconds = 500_000_000
  /// Samples over which a cut, an end and a new beginning are faded: 5 ms.
  private static let fade = 40
  /// Below this (-40 dBFS) a cut is not heard.
  private static let quiet: Int32 = 328

  /// When samples came: all before `end` (a position) were there at `time`.
  private struct Mark {
    var end: Int
    var time: Nanoseconds
  }

  private var ring: UnsafeMutablePointer<Int16>
  private var arrivals: UnsafeMutablePointer<Mark>
  /// Positions count all samples ever; the ring holds position & (capacity - 1).
  private var written = 0
  private var consumed = 0
  private var firstMark = 0
  private var endMark = 0

  private var isPlaying = false
  private var hasReceived = false
  private var lastSequence: UInt16 = 0
  private var nextTimestamp: UInt32 = 0
  private var transit: Nanoseconds = 0
  private var hasTransit = false
  /// Mean deviation of the time under way (RFC 3550 A.8, in ns).
  private(set) var jitter: Nanoseconds = 0

  /// Blocks since the queue ran dry.
  private var starved = 0
  private var isAfterGap = false
  private var excess = Int.max
  private var observedUntil: Nanoseconds = 0
  private var cut = 0
  private var cutBy: Nanoseconds = 0

  /// Blocks that were asked for while the source was sending, and could not be filled.
  private(set) var concealed: UInt64 = 0
  /// Blocks played in full.
  private(set) var played: UInt64 = 0

  /// Bytes that `init` takes.
  static let storage = capacity * MemoryLayout<Int16>.stride + marks * MemoryLayout<Mark>.stride

  /// - Parameter memory: `storage` bytes, 8-byte aligned, owned by the caller.
  init(memory: UnsafeMutableRawPointer) {
    arrivals = memory.initializeMemory(
      as: Mark.self, repeating: Mark(end: 0, time: 0), count: Self.marks)
    ring = (memory + Self.marks * MemoryLayout<Mark>.stride)
      .initializeMemory(as: Int16.self, repeating: 0, count: Self.capacity)
  }

  /// Samples waiting.
  var available: Int { written &- consumed }
  /// Whether there is something to play, or may be in the next block.
  var isActive: Bool { isPlaying || available > 0 }

  /// When the last frame came.
  private var lastArrival: Nanoseconds { arrival(1) }

  /// Whether two frames have come since then: one may have been under way when the network stopped.
  func isFed(since moment: Nanoseconds) -> Bool { endMark > 1 && arrival(2) > moment }

  /// - Parameter back: 1 is the last frame. Some time in the past where there is none.
  private func arrival(_ back: Int) -> Nanoseconds { arrivals[(endMark &- back) & (Self.marks &- 1)].time }

  /// What the jitter asks for between the arrival of a frame and its block.
  /// Little: that no frame of a whole second came later than this is what keeps a queue short or not, and the latest of
  /// fifty frames lies further out than any small multiple of the mean deviation.
  var margin: Nanoseconds { min(max(jitter / 2, Self.leastMargin), Self.mostMargin) }

  /// Forgets all sound, as when the way from this source is opened anew.
  mutating func reset() {
    consumed = written
    firstMark = endMark
    isPlaying = false
    hasReceived = false
    hasTransit = false
    starved = 0
    isAfterGap = false
    forgetExcess()
  }

  /// Goes on with the sound of another queue of the same source and listener.
  mutating func takeOver(_ other: PlayoutQueue) {
    let (ring, arrivals) = (ring, arrivals)
    ring.update(from: other.ring, count: Self.capacity)
    arrivals.update(from: other.arrivals, count: Self.marks)
    self = other
    self.ring = ring
    self.arrivals = arrivals
  }

  /// Takes one frame. Late and doubled ones are dropped: their moment has passed.
  mutating func push(
    _ frame: UnsafePointer<Int16>, count: Int, sequence: UInt16, timestamp: UInt32, now: Nanoseconds
  ) {
    guard count > 0, count <= Self.capacity / 2 else { return }
    if hasReceived {
      let distance = SequenceDistance.from(lastSequence, to: sequence)
      guard distance > 0 || distance < -RTPSequence.maximumDelay else { return }
      // A step in time without a step in number is a pause of the source (DTX), not a loss.
      let isPause = distance == 1 && timestamp != nextTimestamp
      if starved > 0, !isPause { concealed &+= UInt64(starved) }
    }
    starved = 0
    hasReceived = true
    lastSequence = sequence
    nextTimestamp = timestamp &+ UInt32(count)
    measure(timestamp, now)

    let overflow = available &+ count &- Self.capacity
    if overflow > 0 { consumed &+= overflow }
    for index in 0..<count { ring[(written &+ index) & (Self.capacity &- 1)] = frame[index] }
    written &+= count
    arrivals[endMark & (Self.marks &- 1)] = Mark(end: written, time: now)
    endMark &+= 1
    if endMark &- firstMark > Self.marks { firstMark = endMark &- Self.marks }
  }

  /// Fills a block of the row.
  /// - Returns: the block's peak; 0 if there was nothing, and then `output` holds nothing of use.
  mutating func pull(_ output: UnsafeMutablePointer<Int16>, count: Int, now: Nanoseconds) -> Int32 {
    if available > 0, now &- lastArrival > Self.stale { reset() }
    if !isPlaying {
      guard available > 0, isReady(count, now) else {
        if hasReceived, isAfterGap, starved < Self.marks { starved &+= 1 }
        return 0
      }
      isPlaying = true
      forgetExcess()
    }
    shrink(count, now)
    let ready = min(available, count)
    copy(output, count: ready)
    if isAfterGap, ready > 0 {
      for index in 0..<min(ready, Self.fade) {
        output[index] = Int16(Int32(output[index]) &* Int32(index) / Int32(Self.fade))
      }
      isAfterGap = false
    }
    if ready < count {
      fadeOut(output + ready, count: count &- ready)
      isPlaying = false
      isAfterGap = true
      starved = 1
    } else {
      played &+= 1
    }
    return Level.peak(output, count: count)
  }

  /// Whether playing may begin: the whole block has been here for the margin, or what there is has waited so long
  /// that no more of it will come.
  private mutating func isReady(_ count: Int, _ now: Nanoseconds) -> Bool {
    if settled(now) &- consumed >= count { return true }
    let first = arrivals[firstMark & (Self.marks &- 1)].time
    return now &- first >= margin &+ Nanoseconds(count) &* 2 &* .sample
  }

  /// Position before which everything has been here for the margin.
  private mutating func settled(_ now: Nanoseconds) -> Int {
    while firstMark < endMark, arrivals[firstMark & (Self.marks &- 1)].end <= consumed { firstMark &+= 1 }
    var position = consumed
    let latest = now &- margin
    var index = firstMark
    while index < endMark, arrivals[index & (Self.marks &- 1)].time <= latest {
      position = arrivals[index & (Self.marks &- 1)].end
      index &+= 1
    }
    return position
  }

  /// Sees how much more is here than needed, and cuts it.
  private mutating func shrink(_ count: Int, _ now: Nanoseconds) {
    let left = available &- count
    if left > Self.flood {
      consumed &+= left &- Self.afterFlood
      isAfterGap = true
      return forgetExcess()
    }
    excess = min(excess, max(settled(now) &- consumed &- count, 0))
    if observedUntil == 0 {
      observedUntil = now &+ Self.observation
    } else if now >= observedUntil {
      if cut == 0, excess >= Self.leastCut {
        cut = excess
        cutBy = now &+ Self.patience
      }
      excess = .max
      observedUntil = now &+ Self.observation
    }
    guard cut > 0 else { return }
    guard left >= cut, count >= Self.fade else {
      cut = 0
      return
    }
    if now >= cutBy || isQuiet(count &+ cut) {
      crossFade(over: cut)
      forgetExcess()
    }
  }

  private mutating func forgetExcess() {
    excess = .max
    observedUntil = 0
    cut = 0
  }

  private func isQuiet(_ count: Int) -> Bool {
    for index in 0..<min(count, available) {
      let sample = Int32(ring[(consumed &+ index) & (Self.capacity &- 1)])
      if sample > Self.quiet || sample < -Self.quiet { return false }
    }
    return true
  }

  /// Leaves `length` samples out; the first ones after the seam are blended with those left out.
  private mutating func crossFade(over length: Int) {
    let mask = Self.capacity &- 1
    for index in 0..<Self.fade {
      let old = Int32(ring[(consumed &+ index) & mask])
      let new = (consumed &+ length &+ index) & mask
      let weight = Int32(index)
      ring[new] = Int16(
        (old &* (Int32(Self.fade) &- weight) &+ Int32(ring[new]) &* weight) / Int32(Self.fade))
    }
    consumed &+= length
  }

  private mutating func copy(_ output: UnsafeMutablePointer<Int16>, count: Int) {
    let start = consumed & (Self.capacity &- 1)
    let first = min(count, Self.capacity &- start)
    output.update(from: ring + start, count: first)
    (output + first).update(from: ring, count: count &- first)
    consumed &+= count
  }

  /// The last samples backwards, fading: no click, and no tone as from a repeated block.
  private func fadeOut(_ output: UnsafeMutablePointer<Int16>, count: Int) {
    let length = min(count, Self.fade)
    for index in 0..<length {
      let sample = Int32(ring[(consumed &- 1 &- index) & (Self.capacity &- 1)])
      output[index] = Int16(sample &* Int32(length &- index) / Int32(length &+ 1))
    }
    (output + length).update(repeating: 0, count: count &- length)
  }

  private mutating func measure(_ timestamp: UInt32, _ now: Nanoseconds) {
    let newTransit = now &- Nanoseconds(timestamp) &* .sample
    if hasTransit {
      let difference = abs(newTransit &- transit)
      // Beyond a second it is another clock, or the timestamp has wrapped.
      if difference < .second { jitter &+= (difference &- jitter) / 16 }
    }
    transit = newTransit
    hasTransit = true
  }
}
