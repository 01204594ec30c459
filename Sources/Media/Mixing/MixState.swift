import Audio

/// One source of one mix. Lives at an address that stays while the plan is in force.
struct Feed {
  let mix: UnsafeMutablePointer<MixState>
  /// Place among the feeds of its mix.
  let index: Int
  /// The next feed of the same source.
  var next: UnsafeMutablePointer<Feed>?
  let gain: Gain
  let ducks: Bool
  let paces: Bool
  /// Its samples are counted for the proof.
  let isSupervisor: Bool
  var queue: PlayoutQueue
  /// Brings its samples into the band of the mix; nil where they are in it. Owned by the `MixBus`.
  var converter: Unmanaged<BandConverter>?
  /// The player's sound; owned by `Player`. nil for every other source.
  var clip: Unmanaged<SoundClip>?
  /// Samples of the clip played, at 8 kHz.
  var position = 0
  /// Length in the block that is being made, in samples at 8 kHz.
  var contributed = 0

  var isPlayer: Bool { clip != nil }

  /// The clip goes on, or the queue has something.
  var isActive: Bool {
    guard let clip else { return queue.isActive }
    return clip._withUnsafeGuaranteedRef { $0.loops || position < $0.count }
  }

  /// Whether it goes on after another source has stopped.
  func goesOn(since moment: Nanoseconds) -> Bool { isActive && (isPlayer || queue.isFed(since: moment)) }
}

/// Who gets a mix.
struct Listener {
  let leg: UnsafeMutablePointer<LegState>
  /// Length sent, in samples at 8 kHz, for each feed of the mix.
  let proof: UnsafeMutablePointer<UInt64>
}

/// A mix as the packet path works on it. Owned by `MixBus`.
struct MixState {
  let feeds: UnsafeMutablePointer<Feed>
  let feedCount: Int
  var listeners: UnsafeMutablePointer<Listener>
  var listenerCount: Int
  let servesCall: Bool
  let band: Band
  let isKeptAlive: Bool
  /// None of its parties has sent anything yet, and its listeners are used to hearing something: until the first packet
  /// pauses are filled, as where somebody new has taken a place.
  var isBridging = false
  /// One source as it stands, and no block ever has to be made.
  let isRelay: Bool
  let hasDucking: Bool
  var ducker: Ducker
  /// Index of the feed whose packets pace the mix; -1: none may.
  var pacer: Int
  /// When its last packet came.
  var pacedAt: Nanoseconds
  /// Length of its last packet of sound, in samples at 8 kHz.
  var pacedSamples: Int
  /// The timer has made the last block.
  var isTimed = false
  /// When the timer takes over, or has its next block.
  var nextBlock: Nanoseconds
  let timer: UnsafeMutablePointer<TimerNode>
  /// Owned by the `MixBus`.
  let encoders: Unmanaged<MixEncoders>

  /// Whether a timer watches over this mix.
  var needsTimer: Bool { isKeptAlive || isBridging || !isRelay }

  /// Length of a block that the worker makes by itself, in samples at 8 kHz.
  var blockSamples: Int { listenerCount > 0 ? listeners[0].leg.pointee.packetSamples : 160 }

  /// Whether somebody other than the pacer has something to say. Where all of them have stopped together, the
  /// network is waited for: what is queued goes on with the pacer's next packet.
  var hasSound: Bool {
    for index in 0..<feedCount where isTimed ? feeds[index].isActive : feeds[index].goesOn(since: pacedAt) {
      return true
    }
    return false
  }
}
