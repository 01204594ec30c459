/// A whisper in writing (M10): right, entry on disk, then it shows on the page of the one who is coached.
extension Call {
  /// Characters.
  static let cueLength = 1...500
  /// Milliseconds for which a cue is shown, and how many at most.
  static let cueLife: Int64 = 300_000
  static let cueLimit = 50

  mutating func cue(
    _ request: RequestID, _ id: SessionID, _ text: String, by principal: Principal, _ origin: ActOrigin,
    at now: Moment
  ) -> [CallEffect] {
    guard let index = own(id, principal) else { return [.reply(request, .failure(.unknownSession))] }
    guard sessions[index].phase == .live else { return [.reply(request, .failure(.callNotActive))] }
    sessions[index].request.origin = origin
    if case .denied(let refusal) = AccessRules.decide(principal, .textWhisper, on: facts, at: now) {
      return cueRefused(refusal, text, of: id, request, at: now)
    }
    guard let text = WrittenText(text, Self.cueLength)?.value else {
      return [.reply(request, .failure(.badText("a cue has 1 to 500 characters")))]
    }
    if let refusal = objectionToCue(sessions[index]) {
      return cueRefused(refusal, text, of: id, request, at: now)
    }
    var entry = self.entry(.cued, of: sessions[index], at: now, outcome: "admitted")
    entry.reason = text
    return [.audit(entry, .gate, nextTicket(for: .cue(id, request, text)))]
  }

  /// A handler reads in his console; an agent needs a page.
  private func objectionToCue(_ session: SupervisionSession) -> Refusal? {
    guard matrix.contains(.text, from: session.participant, to: session.target),
      let reader = participant(session.target)
    else { return .cueUndeliverable("the one who is coached isn't on the call now; wait until he is back") }
    guard reader.role != .agent || agentPages.contains(reader.address) else {
      return .cueUndeliverable("\(reader.name) has no page open; whisper instead")
    }
    return nil
  }

  /// The entry is on disk.
  mutating func deliver(_ text: String, of id: SessionID, _ request: RequestID, at now: Moment)
    -> [CallEffect]
  {
    guard let session = session(id) else { return [] }
    guard session.phase == .live else {
      return cueRefused(.callNotActive, text, of: id, request, at: now)
    }
    if let refusal = objectionToCue(session) { return cueRefused(refusal, text, of: id, request, at: now) }
    lastCue += 1
    cues.append(Cue(number: lastCue, from: session.participant, to: session.target, text: text, at: now))
    if cues.count > Self.cueLimit { cues.removeFirst(cues.count - Self.cueLimit) }
    return [
      .startTimer(.cueAge, milliseconds: cues[0].at.uptime + Self.cueLife - now.uptime),
      .reply(request, .success(snapshot(of: session))),
    ]
  }

  mutating func cueRefused(
    _ refusal: Refusal, _ text: String, of id: SessionID, _ request: RequestID, at now: Moment
  ) -> [CallEffect] {
    guard let session = session(id) else { return [] }
    var entry = self.entry(.refused, of: session, at: now, outcome: "cue refused: \(refusal.explanation)")
    entry.reason = String(text.prefix(Self.cueLength.upperBound))
    return [.audit(entry, .after, nil), .reply(request, .failure(refusal))]
  }

  mutating func forgetOldCues(at now: Moment) -> [CallEffect] {
    cues.removeAll { now.milliseconds(since: $0.at) >= Self.cueLife }
    guard let oldest = cues.first else { return [] }
    return [.startTimer(.cueAge, milliseconds: oldest.at.uptime + Self.cueLife - now.uptime)]
  }
}
