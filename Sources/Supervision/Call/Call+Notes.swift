/// What people write down about a call, and an agent's raised hand.
extension Call {
  /// Characters.
  static let noteLength = 1...2_000
  static let noteLimit = 200
  /// Characters of the word of why.
  static let handWordLength = 0...80

  /// Kept with the call's record. Whoever sees the call may write; it changes nothing for its parties.
  mutating func note(_ request: RequestID, _ text: String, by author: Principal, at now: Moment)
    -> [CallEffect]
  {
    guard AccessRules.sees(author, facts, at: now) else { return [.done(request, .unknownCall)] }
    guard !isOver else { return [.done(request, .callNotActive)] }
    guard let text = WrittenText(text, Self.noteLength)?.value else {
      return [.done(request, .badText("a note has 1 to 2000 characters"))]
    }
    guard notes.count < Self.noteLimit else {
      return [.done(request, .badText("this call has \(Self.noteLimit) notes already; that is the limit"))]
    }
    notes.append(
      CallNote(author: author.user, authorName: author.name, text: text, at: now, callClock: clock(now)))
    return [.done(request, nil)]
  }

  /// An agent asks for help on a call of his own. Raised again, the word is the new one and the time the first.
  mutating func hand(_ request: RequestID, _ sign: HandSign, by agent: Principal, at now: Moment)
    -> [CallEffect]
  {
    guard let party = participants.first(where: { isHimself(agent, $0) }) else {
      return [.done(request, .unknownCall)]
    }
    guard phase == .answered else { return [.done(request, .callNotActive)] }
    switch sign {
    case .lowered:
      if hand?.agent == party.id { hand = nil }
    case .raised(let word):
      guard let word = WrittenText(word ?? "", Self.handWordLength)?.value else {
        return [.done(request, .badText("a word of why has 80 characters at most"))]
      }
      let since = hand.flatMap { $0.agent == party.id ? $0.since : nil }
      hand = RaisedHand(agent: party.id, word: word.isEmpty ? nil : word, since: since ?? now)
    }
    return [.done(request, nil)]
  }
}
