import Audio
import Supervision

/// Owns the memory of one mix of the plan in force, and links it with its sources and listeners. Used on the
/// worker's thread only, when a plan changes; the packet path sees the `MixState`.
final class MixBus {
  private(set) var mix: MixPlan.Mix
  let state: UnsafeMutablePointer<MixState>
  private let path: PacketPath
  private let queues: UnsafeMutableRawPointer
  private let encoders: MixEncoders
  /// Of each source, where its sound isn't in the band of the mix.
  private var converters: [BandConverter?]

  /// - Parameter leg: of a participant; all those that the mix names have one.
  init(
    _ mix: MixPlan.Mix, path: PacketPath, ducking: Ducker.Settings, now: Nanoseconds,
    leg: (ParticipantID) -> UnsafeMutablePointer<LegState>?
  ) {
    self.mix = mix
    self.path = path
    let count = mix.inputs.count
    let storage = PlayoutQueue.storage(mix.band)
    encoders = MixEncoders(mix.band)
    converters = mix.inputs.map { input in
      let band = leg(input.source)?.pointee.band ?? .narrow
      return band == mix.band ? nil : BandConverter(from: band, to: mix.band)
    }
    state = .allocate(capacity: 1)
    queues = .allocate(byteCount: count * storage, alignment: 16)
    let feeds = UnsafeMutablePointer<Feed>.allocate(capacity: count)
    for (index, input) in mix.inputs.enumerated() {
      let source = leg(input.source)
      (feeds + index).initialize(
        to: Feed(
          mix: state, index: index, gain: Gain(decibels: Double(input.gain)), ducks: input.ducks,
          paces: input.paces, isSupervisor: input.source != .player && source?.pointee.isCallLeg == false,
          queue: PlayoutQueue(mix.band, memory: queues + index * storage),
          converter: converters[index].map(Unmanaged.passUnretained)))
    }
    let timer = UnsafeMutablePointer<TimerNode>.allocate(capacity: 1)
    timer.initialize(to: TimerNode(.mix, owner: state))
    state.initialize(
      to: MixState(
        feeds: feeds, feedCount: count, listeners: .allocate(capacity: 0), listenerCount: 0,
        servesCall: mix.servesCall, band: mix.band, isKeptAlive: mix.isKeptAlive, isRelay: mix.isRelay,
        hasDucking: mix.inputs.contains(where: \.ducks), ducker: Ducker(ducking),
        pacer: mix.inputs.firstIndex(where: \.paces) ?? -1, pacedAt: now, pacedSamples: 0, nextBlock: now,
        timer: timer, encoders: .passUnretained(encoders)))
    listeners(mix.listeners, leg: leg)
    let parties = mix.inputs.filter(\.paces).compactMap { leg($0.source) }.filter(\.pointee.isCallLeg)
    state.pointee.isBridging =
      mix.servesCall && !parties.isEmpty && parties.allSatisfy { $0.pointee.packetsReceived == 0 }
      && mix.listeners.contains { (leg($0)?.pointee.packetsSent ?? 0) > 0 }
    // Where pauses are filled, the first is counted from now; otherwise a packet that may be late is waited for.
    let length = Nanoseconds(state.pointee.blockSamples) * .sample
    let fills = mix.isKeptAlive || state.pointee.isBridging
    state.pointee.nextBlock = now + (fills ? length : length * 7 / 4)
  }

  deinit {
    path.wheel.pointee.cancel(state.pointee.timer)
    freeListeners()
    state.pointee.timer.deallocate()
    state.pointee.feeds.deallocate()
    queues.deallocate()
    state.deallocate()
  }

  /// Whether this one can serve as that mix just as it is: the same sources by the same legs, the same listeners.
  func isSame(as other: MixPlan.Mix, _ leg: (ParticipantID) -> UnsafeMutablePointer<LegState>?) -> Bool {
    guard mix == other else { return false }
    for (index, input) in mix.inputs.enumerated() {
      let band = leg(input.source)?.pointee.band ?? .narrow
      guard band == converters[index]?.source ?? mix.band else { return false }
    }
    for (index, id) in mix.listeners.enumerated() where leg(id) != state.pointee.listeners[index].leg {
      return false
    }
    return true
  }

  /// Opens the gates: from now on its sources' packets come here.
  func link(_ leg: (ParticipantID) -> UnsafeMutablePointer<LegState>?) {
    for (index, input) in mix.inputs.enumerated() {
      guard let source = leg(input.source) else { continue }
      let feed = state.pointee.feeds + index
      feed.pointee.next = source.pointee.voice
      source.pointee.voice = feed
    }
    if state.pointee.needsTimer, !state.pointee.timer.pointee.isSet {
      path.wheel.pointee.set(state.pointee.timer, at: state.pointee.nextBlock)
    }
  }

  /// Goes on where another mix stops, for a listener of both: what is queued of common sources, who paces, how far
  /// the others are lowered, how far a clip has been played. A source that is new here starts with nothing.
  func takeOver(_ other: MixBus) {
    encoders.adopt(other.encoders)
    for (index, input) in mix.inputs.enumerated() {
      guard let old = other.mix.inputs.firstIndex(where: { $0.source == input.source }) else { continue }
      let (feed, before) = (state.pointee.feeds + index, other.state.pointee.feeds + old)
      if let converter = other.converters[old], let own = converters[index],
        converter.source == own.source, converter.target == own.target
      {
        converters[index] = converter
        feed.pointee.converter = .passUnretained(converter)
        other.converters[old] = nil
      }
      feed.pointee.queue.takeOver(before.pointee.queue)
      feed.pointee.clip = before.pointee.clip
      feed.pointee.position = before.pointee.position
      if old == other.state.pointee.pacer, input.paces {
        state.pointee.pacer = index
        state.pointee.pacedAt = other.state.pointee.pacedAt
        state.pointee.pacedSamples = other.state.pointee.pacedSamples
      }
    }
    if state.pointee.hasDucking, other.state.pointee.hasDucking {
      state.pointee.ducker = other.state.pointee.ducker
    }
  }

  /// - Parameter restarts: from its beginning, even if it is being played.
  func play(_ clip: Unmanaged<SoundClip>, restarts: Bool) {
    guard let index = mix.inputs.firstIndex(where: { $0.source == .player }) else { return }
    let feed = state.pointee.feeds + index
    guard restarts || feed.pointee.clip == nil else { return }
    feed.pointee.clip = clip
    feed.pointee.position = 0
  }

  /// Changes who gets this mix. What was counted so far has been collected before.
  func listeners(_ ids: [ParticipantID], leg: (ParticipantID) -> UnsafeMutablePointer<LegState>?) {
    freeListeners()
    mix.listeners = ids
    let legs = ids.compactMap(leg)
    let listeners = UnsafeMutablePointer<Listener>.allocate(capacity: legs.count)
    for (index, leg) in legs.enumerated() {
      let proof = UnsafeMutablePointer<UInt64>.allocate(capacity: mix.inputs.count)
      proof.initialize(repeating: 0, count: mix.inputs.count)
      (listeners + index).initialize(to: Listener(leg: leg, proof: proof))
    }
    state.pointee.listeners = listeners
    state.pointee.listenerCount = legs.count
    prepareEncoders()
  }

  /// Makes what the listeners' codings need; on the packet path nothing is made.
  func prepareEncoders() {
    for index in 0..<state.pointee.listenerCount {
      encoders.prepare(state.pointee.listeners[index].leg.pointee.coding)
    }
  }

  /// Hands over what was counted since the last time.
  func collectProof(_ tell: (_ from: ParticipantID, _ to: ParticipantID, _ samples: UInt64) -> Void) {
    for (place, listener) in mix.listeners.enumerated() where place < state.pointee.listenerCount {
      let proof = state.pointee.listeners[place].proof
      for (index, input) in mix.inputs.enumerated() where proof[index] > 0 {
        tell(input.source, listener, proof[index])
        proof[index] = 0
      }
    }
  }

  private func freeListeners() {
    for index in 0..<state.pointee.listenerCount { state.pointee.listeners[index].proof.deallocate() }
    state.pointee.listeners.deallocate()
    state.pointee.listenerCount = 0
  }
}
