/// Sessions that are over: where hundreds come and go on one call, a change costs no more than where a few did.
extension Call {
  /// Those that are shown with the call beside the open ones; the others come with its record.
  package static let shownPastSessions = 16

  /// Puts the oldest away, once more have ended than are shown.
  mutating func filePastSessions() {
    guard sessions.count(where: { $0.phase == .ended }) > Self.shownPastSessions else { return }
    let awaited = Set(tickets.values.map(\.session))
    let over = sessions.filter { $0.phase == .ended && legs[$0.leg] == nil && !awaited.contains($0.id) }
    for session in over.dropLast(Self.shownPastSessions) {
      pastSessions.append(snapshot(of: session))
      sessions.removeAll { $0.id == session.id }
      // What was counted of his legs is in the reports.
      for (leg, seat) in seated where seat.id == session.participant && legs[leg] == nil {
        seated[leg] = nil
        quality[leg] = nil
      }
    }
  }

  /// What is kept of the call when it is over.
  var record: CallRecord {
    var whole = snapshot
    whole.sessions = pastSessions + whole.sessions
    return CallRecord(snapshot: whole, reports: reports)
  }
}

extension Call.PendingAct {
  fileprivate var session: SessionID {
    switch self {
    case .open(let id), .raise(let id, _, _), .cue(let id, _, _), .follow(let id, _): id
    }
  }
}
