import Supervision

/// How many samples of each supervisor each party of a call was sent, over all plans that were in force (U4).
struct ProofLedger {
  private struct Pair: Hashable {
    var from: ParticipantID
    var to: ParticipantID
  }

  private var samples: [Pair: UInt64] = [:]
  private var supervisors: Set<ParticipantID> = []
  private var parties: Set<ParticipantID> = []

  /// A participant with a leg. Each supervisor is accounted for towards everybody, with 0 where nothing was sent.
  mutating func join(_ participant: ParticipantID, role: Role) {
    parties.insert(participant)
    if role == .supervisor { supervisors.insert(participant) }
  }

  mutating func add(from: ParticipantID, to: ParticipantID, _ count: UInt64) {
    samples[Pair(from: from, to: to), default: 0] += count
  }

  /// Sorted by speaker, then listener.
  var entries: [MixProof] { supervisors.sorted().flatMap(entries(from:)) }

  func entries(from speaker: ParticipantID) -> [MixProof] {
    guard supervisors.contains(speaker) else { return [] }
    return parties.subtracting([speaker]).sorted().map { listener in
      MixProof(from: speaker, to: listener, samples: samples[Pair(from: speaker, to: listener)] ?? 0)
    }
  }
}
