extension SIPMessage.Replaces {
  /// The value of a Replaces header (RFC 3891 section 6.1); nil where it names no dialog whole.
  package init?(_ text: String) {
    var parts = text.split(separator: ";").map { $0.trimmingBlanks() }
    guard !parts.isEmpty else { return nil }
    let callID = parts.removeFirst()
    var values: [String: String] = [:]
    for part in parts {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingBlanks() }
      if let name = pair.first { values[name.lowercased()] = pair.count > 1 ? pair[1] : "" }
    }
    guard !callID.isEmpty, let toTag = values["to-tag"], let fromTag = values["from-tag"] else { return nil }
    self.init(
      callID: callID, toTag: toTag, fromTag: fromTag, isEarlyOnly: values["early-only"] != nil)
  }
}

extension StringProtocol {
  fileprivate func trimmingBlanks() -> String {
    let first = firstIndex { $0 != " " && $0 != "\t" } ?? endIndex
    let last = lastIndex { $0 != " " && $0 != "\t" }
    return last.map { String(self[first...$0]) } ?? ""
  }
}
