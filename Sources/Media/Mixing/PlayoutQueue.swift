import Audio
import RTP

/// What one source has sent and a mixed row has not yet played: samples, not frames (M2).
///
/// The row asks for a block whenever its pacing packet goes out. A frame that came shortly before waits for that
/// moment, so a clean network costs between the margin and one packet plus the margin. The queue grows by itself
/// where a frame comes too late (the gap is filled, and the frame then waits for the next block). It shrinks
/// where a second has shown that less would have done: at once if there is much too much, otherwise in a pause, or
/// after half a second with a cross-fade. A lost frame leaves a hole: it is filled when its turn comes, unless the frame
/// comes before that. A plain value; its memory is owned by the mix. Positions and lengths are in ticks of 8 kHz.
struct PlayoutQueue {
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
  /// Holes longer than this (100 ms) are left out.
  private static let mostHole = 800

  /// One frame: it ends at `end` and came at `time`; or it is lost, and the next one came then.
  private struct Mark {
    var end: Int
    var time: Nanoseconds
    var isHole = false
  }

  private let ring: SampleRing
  private let filler: GapFiller
  private let arrivals: UnsafeMutablePointer<Mark>
  private var state = State()

  /// What another queue can go on with.
  private struct State {
    var written = 0
    var consumed = 0
    var firstMark = 0
    var endMark = 0
    /// How many of the marks are holes.
    var holes = 0

    var isPlaying = false
    var hasReceived = false
    /// `Packet.stream` of the last frame.
    var stream: UInt64 = 0
    var lastSequence: UInt16 = 0
    var nextTimestamp: UInt32 = 0
    var transit: Nanoseconds = 0
    var hasTransit = false
    var jitter: Nanoseconds = 0

    /// Blocks since the queue ran dry, and how long they were.
    var starved = 0
    var dry = 0
    /// What was made up since.
    var bridged = 0
    var excess = Int.max
    var observedUntil: Nanoseconds = 0
    var cut = 0
    var cutBy: Nanoseconds = 0

    var concealed: UInt64 = 0
    var played: UInt64 = 0
  }

  /// Bytes that `init` takes.
  static func storage(_ band: Band) -> Int {
    marks * MemoryLayout<Mark>.stride + GapFiller.storage + SampleRing.storage(band)
  }

  /// - Parameters:
  ///   - band: of the samples.
  ///   - memory: `storage` bytes, 8-byte aligned, owned by the caller.
  init(_ band: Band = .narrow, memory: UnsafeMutableRawPointer) {
    arrivals = memory.initializeMemory(
      as: Mark.self, repeating: Mark(end: 0, time: 0), count: Self.marks)
    let rest = memory + Self.marks * MemoryLayout<Mark>.stride
    filler = GapFiller(band, memory: rest)
    ring = SampleRing(band, memory: rest + GapFiller.storage)
  }

  /// Ticks waiting.
  var available: Int { state.written &- state.consumed }
  /// Whether there is something to play, or may be in the next block.
  var isActive: Bool { state.isPlaying || available > 0 || isBridging }
  /// Mean deviation of the time under way (RFC 3550 A.8, in ns).
  var jitter: Nanoseconds { state.jitter }
  /// Blocks that were asked for while the source was sending, and could not be filled.
  var concealed: UInt64 { state.concealed }
  /// Blocks played in full.
  var played: UInt64 { state.played }

  private var isBridging: Bool { state.bridged > 0 && state.bridged < GapFiller.most }

  /// When the last frame came.
  private var lastArrival: Nanoseconds { mark(state.endMark &- 1).time }

  /// Whether two frames have come since then: one may have been under way when the network stopped.
  func isFed(since moment: Nanoseconds) -> Bool {
    state.endMark > 1 && mark(state.endMark &- 2).time > moment
  }

  private func mark(_ index: Int) -> Mark { arrivals[index & (Self.marks &- 1)] }

  /// What the jitter asks for between the arrival of a frame and its block.
  /// Little: that no frame of a whole second came later than this is what keeps a queue short or not, and the latest of
  /// fifty frames lies further out than any small multiple of the mean deviation.
  var margin: Nanoseconds { min(max(jitter / 2, Self.leastMargin), Self.mostMargin) }

  /// Forgets all sound, as when the way from this source is opened anew.
  mutating func reset() {
    state.consumed = state.written
    state.firstMark = state.endMark
    state.holes = 0
    state.isPlaying = false
    state.hasReceived = false
    state.hasTransit = false
    (state.starved, state.dry, state.bridged) = (0, 0, GapFiller.most)
    forgetExcess()
  }

  /// Goes on with the sound of another queue of the same source and listener.
  mutating func takeOver(_ other: PlayoutQueue) {
    ring.copy(other.ring, other.state.consumed..<other.state.written)
    filler.copy(other.filler)
    arrivals.update(from: other.arrivals, count: Self.marks)
    state = other.state
  }

  // MARK: Frames

  /// Takes one frame. Doubled ones are dropped, and those whose moment has passed.
  /// - Parameters:
  ///   - ticks: length.
  ///   - stream: another one than before: numbers mean nothing to those before.
  mutating func push(
    _ frame: UnsafePointer<Int16>, ticks: Int, stream: UInt64 = 1, sequence: UInt16, timestamp: UInt32,
    now: Nanoseconds
  ) {
    guard ticks > 0, ticks <= SampleRing.capacity / 2 else { return }
    if state.hasReceived, stream == state.stream {
      let distance = SequenceDistance.from(state.lastSequence, to: sequence)
      guard distance > 0 || distance < -RTPSequence.maximumDelay else {
        return fillHole(frame, ticks, timestamp)
      }
      // A step in time without a step in number is a pause of the source (DTX), not a loss.
      let isPause = distance == 1 && timestamp != state.nextTimestamp
      if state.starved > 0, !isPause { state.concealed &+= UInt64(state.starved) }
      if distance > 1 { leaveHoles(distance &- 1, before: timestamp, now) }
    }
    state.starved = 0
    state.dry = 0
    state.hasReceived = true
    state.stream = stream
    state.lastSequence = sequence
    state.nextTimestamp = timestamp &+ UInt32(ticks)
    measure(timestamp, now)
    let position = append(ticks, now, isHole: false)
    ring.write(frame, at: position, ticks: ticks)
  }

  /// - Returns: where it begins.
  private mutating func append(_ ticks: Int, _ now: Nanoseconds, isHole: Bool) -> Int {
    let overflow = available &+ ticks &- SampleRing.capacity
    if overflow > 0 { state.consumed &+= overflow }
    let position = state.written
    state.written &+= ticks
    if state.endMark &- state.firstMark >= Self.marks { forget() }
    arrivals[state.endMark & (Self.marks &- 1)] = Mark(end: state.written, time: now, isHole: isHole)
    state.endMark &+= 1
    if isHole { state.holes &+= 1 }
    return position
  }

  /// Lost frames keep their places, as far as they weren't made up for already: the sound behind them is no earlier for it.
  private mutating func leaveHoles(_ count: Int, before timestamp: UInt32, _ now: Nanoseconds) {
    let missing = Int(Int32(bitPattern: timestamp &- state.nextTimestamp))
    guard missing > 0, missing <= Self.mostHole, missing % count == 0 else { return }
    let length = missing / count
    for index in 0..<count where (index &+ 1) &* length > state.dry {
      let position = append(length, now, isHole: true)
      ring.clear(at: position, ticks: length)
    }
  }

  /// A frame that comes behind a later one takes its place, if that isn't played yet.
  private mutating func fillHole(_ frame: UnsafePointer<Int16>, _ ticks: Int, _ timestamp: UInt32) {
    let behind = Int(Int32(bitPattern: state.nextTimestamp &- timestamp))
    let position = state.written &- behind
    guard state.holes > 0, position >= state.consumed else { return }
    for index in state.firstMark..<state.endMark where mark(index).end == position &+ ticks {
      guard mark(index).isHole, index == state.firstMark || mark(index &- 1).end <= position else { return }
      arrivals[index & (Self.marks &- 1)].isHole = false
      state.holes &-= 1
      ring.write(frame, at: position, ticks: ticks)
    }
  }

  private mutating func forget() {
    if mark(state.firstMark).isHole { state.holes &-= 1 }
    state.firstMark &+= 1
  }

  // MARK: Pacing

  /// The source paces the row, and this is what of it is in the row's block: should the next packet be missing, it is made
  /// up for out of this.
  mutating func pace(_ samples: UnsafeMutablePointer<Int16>, ticks: Int) {
    filler.play(samples, ticks: ticks)
    state.bridged = 1
  }

  /// A packet of the pacing source went by undecoded: nothing is known to make up a missing one from.
  mutating func passPaced() { state.bridged = GapFiller.most }

  // MARK: Blocks

  /// Fills a block of the row.
  /// - Returns: the block's peak; 0 if there was nothing, and then `output` holds nothing of use.
  mutating func pull(_ output: UnsafeMutablePointer<Int16>, ticks: Int, now: Nanoseconds) -> Int32 {
    if available > 0, now &- lastArrival > Self.stale { reset() }
    if !state.isPlaying {
      guard available > 0, isReady(ticks, now) else { return bridge(output, ticks) }
      state.isPlaying = true
      state.bridged = 0
      forgetExcess()
    }
    shrink(ticks, now)
    let ready = min(available, ticks)
    play(output, ticks: ready)
    if ready < ticks {
      filler.fill(output + ring.band.samples(ready), ticks: ticks &- ready)
      state.isPlaying = false
      state.starved = 1
      state.dry = ticks &- ready
      state.bridged = state.dry
    } else {
      state.played &+= 1
    }
    return Level.peak(output, count: ring.band.samples(ticks))
  }

  /// What is asked for once there is nothing.
  private mutating func bridge(_ output: UnsafeMutablePointer<Int16>, _ ticks: Int) -> Int32 {
    if state.dry > 0, state.starved < Self.marks {
      state.starved &+= 1
      state.dry &+= ticks
    }
    guard isBridging else { return 0 }
    filler.fill(output, ticks: ticks)
    state.bridged &+= ticks
    return Level.peak(output, count: ring.band.samples(ticks))
  }

  /// Plays what there is, frame by frame where frames are missing.
  private mutating func play(_ output: UnsafeMutablePointer<Int16>, ticks: Int) {
    var done = 0
    var hasHole = false
    while done < ticks {
      let run = state.holes > 0 ? nextRun(upTo: ticks &- done) : (ticks: ticks &- done, isHole: false)
      let place = output + ring.band.samples(done)
      if run.isHole {
        filler.fill(place, ticks: run.ticks)
        hasHole = true
      } else {
        ring.read(place, at: state.consumed, ticks: run.ticks)
        filler.play(place, ticks: run.ticks)
      }
      state.consumed &+= run.ticks
      done &+= run.ticks
    }
    if hasHole { state.concealed &+= 1 }
  }

  /// How far the frame goes that is to be played next.
  private mutating func nextRun(upTo most: Int) -> (ticks: Int, isHole: Bool) {
    while state.firstMark < state.endMark, mark(state.firstMark).end <= state.consumed { forget() }
    guard state.firstMark < state.endMark else { return (most, false) }
    let next = mark(state.firstMark)
    return (min(next.end &- state.consumed, most), next.isHole)
  }

  /// Whether playing may begin: the whole block has been here for the margin, or what there is has waited so long
  /// that no more of it will come.
  private mutating func isReady(_ ticks: Int, _ now: Nanoseconds) -> Bool {
    if settled(now) &- state.consumed >= ticks { return true }
    return now &- mark(state.firstMark).time >= margin &+ Nanoseconds(ticks) &* 2 &* .sample
  }

  /// Position before which everything has been here for the margin.
  private mutating func settled(_ now: Nanoseconds) -> Int {
    while state.firstMark < state.endMark, mark(state.firstMark).end <= state.consumed { forget() }
    var position = state.consumed
    let latest = now &- margin
    var index = state.firstMark
    while index < state.endMark, mark(index).time <= latest {
      position = mark(index).end
      index &+= 1
    }
    return position
  }

  /// Sees how much more is here than needed, and cuts it.
  private mutating func shrink(_ ticks: Int, _ now: Nanoseconds) {
    let left = available &- ticks
    if left > Self.flood {
      state.consumed &+= ring.cut(at: state.consumed, length: left &- Self.afterFlood)
      return forgetExcess()
    }
    state.excess = min(state.excess, max(settled(now) &- state.consumed &- ticks, 0))
    if state.observedUntil == 0 {
      state.observedUntil = now &+ Self.observation
    } else if now >= state.observedUntil {
      if state.cut == 0, state.excess >= Self.leastCut {
        state.cut = state.excess
        state.cutBy = now &+ Self.patience
      }
      state.excess = .max
      state.observedUntil = now &+ Self.observation
    }
    guard state.cut > 0 else { return }
    guard left >= state.cut, ticks >= SampleRing.fade else {
      state.cut = 0
      return
    }
    guard state.holes == 0 else { return }
    let isQuiet = ring.isQuiet(at: state.consumed, ticks: min(ticks &+ state.cut, available))
    guard isQuiet || now >= state.cutBy else { return }
    let rest = state.cut &- ring.cut(at: state.consumed, length: state.cut)
    state.consumed &+= state.cut &- rest
    forgetExcess()
    // What was left for the sake of the sound goes with the next chance.
    if rest >= Self.leastCut {
      state.cut = rest
      state.cutBy = now &+ Self.patience
    }
  }

  private mutating func forgetExcess() {
    state.excess = .max
    state.observedUntil = 0
    state.cut = 0
  }

  private mutating func measure(_ timestamp: UInt32, _ now: Nanoseconds) {
    let transit = now &- Nanoseconds(timestamp) &* .sample
    if state.hasTransit {
      let difference = abs(transit &- state.transit)
      // Beyond a second it is another clock, or the timestamp has wrapped.
      if difference < .second { state.jitter &+= (difference &- state.jitter) / 16 }
    }
    state.transit = transit
    state.hasTransit = true
  }
}
