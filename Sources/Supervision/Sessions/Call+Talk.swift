/// Push-to-talk, and how loud a supervisor hears whom.
extension Call {
  /// dB.
  static let gainRange: ClosedRange<Float> = -40...12

  /// Opens or closes the voice of a browser. The entry of the mode is the entry of the voice: it was on disk before.
  mutating func talk(
    _ request: RequestID, _ id: SessionID, _ talks: Bool, by principal: Principal, at now: Moment
  ) -> [CallEffect] {
    guard let index = own(id, principal) else { return [.reply(request, .failure(.unknownSession))] }
    guard sessions[index].phase == .live else { return [.reply(request, .failure(.callNotActive))] }
    guard sessions[index].isBrowser else {
      let refusal = Refusal.deviceUnusable("a phone's voice is always open; mute it there")
      return [.reply(request, talks ? .success(snapshot(of: sessions[index])) : .failure(refusal))]
    }
    if talks, let refusal = objectionToTalk(sessions[index], principal, at: now) {
      guard case .notPermitted = refusal else { return [.reply(request, .failure(refusal))] }
      let entry = self.entry(.refused, of: sessions[index], at: now, outcome: refusal.explanation)
      return [.audit(entry, .after, nil), .reply(request, .failure(refusal))]
    }
    sessions[index].speak(talks, at: clock(now))
    return reroute() + [.reply(request, .success(snapshot(of: sessions[index])))]
  }

  private func objectionToTalk(_ session: SupervisionSession, _ principal: Principal, at now: Moment)
    -> Refusal?
  {
    let right = max(session.mode, .whisper).permission
    if case .denied(let refusal) = AccessRules.decide(principal, right, on: facts, at: now) {
      return refusal
    }
    return session.mode == .listen ? .callNotActive : nil
  }

  /// Only his own row of the matrix changes.
  mutating func hear(
    _ request: RequestID, _ id: SessionID, _ gains: [ParticipantID: Float], by principal: Principal
  ) -> [CallEffect] {
    guard let index = own(id, principal) else { return [.reply(request, .failure(.unknownSession))] }
    guard sessions[index].isOpen, !isOver else { return [.reply(request, .failure(.callNotActive))] }
    for (source, gain) in gains.sorted(by: { $0.key < $1.key }) {
      guard source == .player || participant(source) != nil else {
        return [
          .reply(request, .failure(.badText("'\(source)' isn't on this call; name one of its parties")))
        ]
      }
      guard Self.gainRange.contains(gain) else {
        let why = "a gain of \(gain) dB for '\(source)' lies outside -40 … +12 dB"
        return [.reply(request, .failure(.badText(why)))]
      }
    }
    for (source, gain) in gains { sessions[index].gains[source] = gain == 0 ? nil : gain }
    return reroute() + [.reply(request, .success(snapshot(of: sessions[index])))]
  }

  /// A session is its supervisor's; for everybody else it doesn't exist.
  func own(_ id: SessionID, _ principal: Principal) -> Int? {
    sessions.firstIndex {
      $0.id == id && $0.principal.user == principal.user && $0.principal.tenant == principal.tenant
    }
  }
}
