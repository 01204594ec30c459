import API

/// Audit entries for people: a row each. Pure.
enum AuditStory {
  static func lines(_ entries: [AuditDocument]) -> [String] {
    guard !entries.isEmpty else { return ["No entries."] }
    var table = TextTable(["NUMBER", "TIME", "SUPERVISOR", "ACT", "AGENT", "CALL", "BY", "OUTCOME"])
    for entry in entries {
      table.add([
        String(entry.sequence), entry.time, entry.supervisorName ?? entry.supervisor ?? "–", act(entry),
        entry.agent ?? entry.monitoredExtension ?? "–", entry.call ?? "–", entry.origin.channel,
        outcome(entry),
      ])
    }
    return table.lines
  }

  /// `opened listen`, `mode-changed listen → whisper`.
  private static func act(_ entry: AuditDocument) -> String {
    let modes = [entry.previousMode, entry.mode].compactMap(\.self).joined(separator: " → ")
    return modes.isEmpty ? entry.action : "\(entry.action) \(modes)"
  }

  /// In words; of a closed session also who was given how much of the supervisor's voice.
  private static func outcome(_ entry: AuditDocument) -> String {
    var words = [entry.outcome]
    if let purpose = entry.purpose { words.append("purpose: \(purpose)") }
    if let reason = entry.reason { words.append("reason: \(reason)") }
    words += proof(entry)
    return words.joined(separator: "; ")
  }

  /// A listener each: `customer carol heard nothing in listen, whisper, 2.52 s in barge`.
  private static func proof(_ entry: AuditDocument) -> [String] {
    var listeners: [String] = []
    for proof in entry.proof where !listeners.contains("\(proof.listener) \(proof.address)") {
      listeners.append("\(proof.listener) \(proof.address)")
    }
    return listeners.map { listener in
      let own = entry.proof.filter { "\($0.listener) \($0.address)" == listener }
      let silent = own.filter { $0.samples == 0 }.map(\.mode)
      // Samples at 8 kHz, so 80 in a hundredth of a second; never rounded down to nothing.
      let heard = own.filter { $0.samples > 0 }.map { proof in
        let hundredths = (proof.samples + 79) / 80
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s in \(proof.mode)"
      }
      let parts = (silent.isEmpty ? [] : ["nothing in " + silent.joined(separator: ", ")]) + heard
      return "\(listener) heard \(parts.joined(separator: ", "))"
    }
  }
}
