import API

/// What a supervisor must always have in view: the mode he is in, and who hears him.
enum SessionStatus {
  static func line(_ session: SupervisionDocument, in call: CallDocument) -> String {
    guard session.phase == "live" else { return session.phase }
    let ears = call.matrix.filter { $0.medium == "voice" && $0.from == session.participant }.map { route in
      call.participants.first { $0.id == route.to }.map { "\($0.role) \($0.name)" } ?? route.to
    }
    let audience = ears.isEmpty ? "nobody hears you" : "you are heard by \(ears.joined(separator: ", "))"
    let deaf =
      session.mode == "whisper" && !session.targetCanHear
      ? " (the agent's phone plays nothing at present)" : ""
    return "\(session.mode): \(audience)\(deaf)"
  }
}
