import Audio
import Supervision

/// Who hears what in one call, in force: the matrix, the plan compiled from it, and the mixes that carry it out.
struct RowTable {
  typealias Legs = Dictionary<LegID, CallLeg>.Values

  private unowned let loop: MediaLoop
  private var matrix = RoutingMatrix()
  private var buses: [MixBus] = []
  /// What the player plays to each listener.
  private var sounds: [ParticipantID: PlayerSound] = [:]
  private var ledger = ProofLedger()

  init(loop: MediaLoop) { self.loop = loop }

  /// Everything that supervisors said to anybody, up to now.
  var proof: [MixProof] {
    mutating get {
      settle()
      return ledger.entries
    }
  }

  mutating func proof(from speaker: ParticipantID) -> [MixProof] {
    settle()
    return ledger.entries(from: speaker)
  }

  mutating func join(_ leg: CallLeg, legs: Legs) {
    ledger.join(leg.participant, role: leg.role)
    rebuild(legs)
  }

  /// Afterwards nothing refers to the leg.
  mutating func leave(_ leg: CallLeg, legs: Legs) {
    rebuild(legs)
    leg.state.pointee.voice = nil
  }

  /// What was heard of him has been told, and he has no other leg.
  mutating func forget(_ participant: ParticipantID) {
    ledger.leave(participant)
    sounds[participant] = nil
  }

  mutating func apply(_ matrix: RoutingMatrix, legs: Legs) {
    let opened = matrix.changes(since: self.matrix).opened
    loop.settleTraffic()
    // What a supervisor said before his way was opened isn't heard there.
    for leg in legs where leg.role == .supervisor && opened.contains(where: { $0.from == leg.participant }) {
      loop.drain(leg)
    }
    self.matrix = matrix
    rebuild(legs)
  }

  mutating func play(_ sound: PlayerSound, to listener: ParticipantID) {
    sounds[listener] = sound
    guard let clip = loop.clips.clip(sound) else { return }
    for bus in buses where bus.mix.listeners.contains(listener) { bus.play(clip, restarts: true) }
  }

  /// The coding of a leg has changed. A call's sound is wide once that of one of its parties is; until then a supervisor's
  /// is decoded as telephone sound, of which nobody here could hear more.
  mutating func prepareCodecs(_ legs: Legs) {
    let isWide = legs.contains { $0.state.pointee.isCallLeg && $0.state.pointee.coding.band == .wide }
    var isOther = false
    for leg in legs where leg.prepareDecoder(isWide: isWide) { isOther = true }
    if isOther { rebuild(legs) }
    for bus in buses { bus.prepareEncoders() }
  }

  /// Compiles the matrix for the legs that there are, and changes what has to be changed.
  private mutating func rebuild(_ legs: Legs) {
    settle()
    // Where a participant has two legs, the later one counts.
    let legs = legs.sorted { $0.id.value < $1.id.value }
    let states = Dictionary(legs.map { ($0.participant, $0.state) }, uniquingKeysWith: { _, last in last })
    let roles = Dictionary(legs.map { ($0.participant, $0.role) }, uniquingKeysWith: { _, last in last })
    let find = { (id: ParticipantID) in states[id] }
    let wide = states.filter { $0.value.pointee.band == .wide }
    let plan = MixPlan(matrix, roles: roles, wide: Set(wide.keys))
    let before = buses
    buses = plan.mixes.map { mix in
      if let same = before.first(where: { $0.isSame(as: mix, find) }) { return same }
      return replace(before, by: mix, find)
    }
    for leg in legs { leg.state.pointee.voice = nil }
    for bus in buses {
      bus.link(find)
      for listener in bus.mix.listeners {
        if let clip = loop.clips.clip(sounds[listener] ?? .hold) { bus.play(clip, restarts: false) }
      }
    }
    for leg in legs { detachUnheard(leg, states) }
  }

  /// A new mix, that goes on where its listeners' earlier ones stop.
  private func replace(
    _ before: [MixBus], by mix: MixPlan.Mix, _ find: (ParticipantID) -> UnsafeMutablePointer<LegState>?
  ) -> MixBus {
    let bus = MixBus(mix, path: loop.path, ducking: loop.ducking, now: loop.now, leg: find)
    let predecessor = before.first { $0.mix.listeners.contains(where: mix.listeners.contains) }
    if let predecessor { bus.takeOver(predecessor) }
    return bus
  }

  /// A source whose packets no longer go to a listener starts anew if they do again.
  private func detachUnheard(_ leg: CallLeg, _ states: [ParticipantID: UnsafeMutablePointer<LegState>]) {
    let stream = leg.state.pointee.numbering.source
    guard stream != 0 else { return }
    let bus = buses.first { $0.mix.listeners.contains(leg.participant) }
    let isHeard = bus?.mix.inputs.contains { input in
      states[input.source].map { LegState.owner(ofStream: $0.pointee.stream) }
        == LegState.owner(ofStream: stream)
    }
    if isHeard != true { leg.state.pointee.numbering.detach() }
  }

  private mutating func settle() {
    for bus in buses {
      bus.collectProof { ledger.add(from: $0, to: $1, $2) }
    }
  }
}
