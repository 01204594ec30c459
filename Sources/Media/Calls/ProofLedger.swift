import Supervision

/// How many samples of each supervisor each party of a call was sent, over all plans that were in force (U4). It knows
/// those who are there, and of those who have left what a supervisor who is there was heard of by them: where hundreds
/// come and go, it stays small.
struct ProofLedger {
  /// By speaker, then listener.
  private var samples: [ParticipantID: [ParticipantID: UInt64]] = [:]
  private var supervisors: Set<ParticipantID> = []
  private var parties: Set<ParticipantID> = []

  /// A participant with a leg. Each supervisor is accounted for towards everybody, with 0 where nothing was sent.
  mutating func join(_ participant: ParticipantID, role: Role) {
    parties.insert(participant)
    if role == .supervisor { supervisors.insert(participant) }
  }

  /// He has no leg any more, and what was heard of him has been told.
  mutating func leave(_ participant: ParticipantID) {
    guard parties.remove(participant) != nil else { return }
    samples[participant] = nil
    guard supervisors.remove(participant) == nil else { return }
    for supervisor in supervisors { add(from: supervisor, to: participant, 0) }
  }

  mutating func add(from: ParticipantID, to: ParticipantID, _ count: UInt64) {
    samples[from, default: [:]][to, default: 0] += count
  }

  /// Sorted by speaker, then listener.
  var entries: [MixProof] { supervisors.sorted().flatMap(entries(from:)) }

  func entries(from speaker: ParticipantID) -> [MixProof] {
    guard supervisors.contains(speaker) else { return [] }
    let heard = samples[speaker] ?? [:]
    return parties.union(heard.keys).subtracting([speaker]).sorted().map { listener in
      MixProof(from: speaker, to: listener, samples: heard[listener] ?? 0)
    }
  }
}
