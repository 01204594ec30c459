/// What may travel from one party to another.
package enum Medium: String, Hashable, Sendable, Codable, CaseIterable {
  case voice, text
}

/// One cell of the matrix: `to` receives `from`.
package struct Route: Hashable, Sendable, Codable, Comparable {
  package var medium: Medium
  package var from: ParticipantID
  package var to: ParticipantID
  /// dB; 0 leaves the sound as it is.
  package var gain: Float

  package init(_ medium: Medium = .voice, from: ParticipantID, to: ParticipantID, gain: Float = 0) {
    self.medium = medium
    self.from = from
    self.to = to
    self.gain = gain
  }

  package static func < (a: Self, b: Self) -> Bool {
    (a.medium.rawValue, a.to, a.from) < (b.medium.rawValue, b.to, b.from)
  }

  fileprivate var atFullLevel: Route { Route(medium, from: from, to: to) }
}

/// Who receives whom in one call. The only authority for sound, text, recording and analysis: made by
/// `RoutingMatrix.routes(…)` from the state of the call, and obeyed by everyone else.
package struct RoutingMatrix: Hashable, Sendable, Codable {
  /// Sorted, without doubles: equal states give equal matrices.
  package private(set) var routes: [Route]

  /// Listeners whose other sources are lowered while a supervisor speaks to them (M9), with that supervisor.
  package private(set) var ducking: [Ducking]

  /// `listener` hears everybody but `speaker` lowered while `speaker` speaks.
  package struct Ducking: Hashable, Sendable, Codable, Comparable {
    package var listener: ParticipantID
    package var speaker: ParticipantID

    package init(listener: ParticipantID, speaker: ParticipantID) {
      self.listener = listener
      self.speaker = speaker
    }

    package static func < (a: Self, b: Self) -> Bool { (a.listener, a.speaker) < (b.listener, b.speaker) }
  }

  package init(_ routes: [Route] = [], ducking: [Ducking] = []) {
    self.routes = Array(Set(routes)).sorted()
    self.ducking = Array(Set(ducking)).sorted()
  }

  /// Whom `listener` hears.
  package func sources(of listener: ParticipantID, _ medium: Medium = .voice) -> [ParticipantID] {
    routes.filter { $0.to == listener && $0.medium == medium }.map(\.from)
  }

  /// Who hears `speaker`.
  package func listeners(to speaker: ParticipantID, _ medium: Medium = .voice) -> [ParticipantID] {
    routes.filter { $0.from == speaker && $0.medium == medium }.map(\.to)
  }

  package func contains(_ medium: Medium = .voice, from: ParticipantID, to: ParticipantID) -> Bool {
    routes.contains { $0.medium == medium && $0.from == from && $0.to == to }
  }

  /// What opened and what closed between an earlier matrix and this one: the evidence for audit and console.
  /// A change of loudness is neither.
  package func changes(since earlier: RoutingMatrix) -> (opened: [Route], closed: [Route]) {
    let before = Set(earlier.routes.map(\.atFullLevel))
    let now = Set(routes.map(\.atFullLevel))
    return (now.subtracting(before).sorted(), before.subtracting(now).sorted())
  }
}
