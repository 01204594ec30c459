import Supervision

/// Which SIP header carries which fact of a call: `headers` of the file.
extension HeaderMap {
  init(_ reader: SectionReader) {
    self.init()
    var used: [String: String] = [:]
    func read(_ key: String, _ fact: WritableKeyPath<HeaderMap, String>) {
      let header = reader.text(key)?.lowercased() ?? self[keyPath: fact]
      self[keyPath: fact] = header
      if header.isEmpty
        || !header.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
      {
        reader.fault(key, "'\(header)' is no name of a header.", remedy: "Give one like X-Earshot-Queue.")
      }
      if let earlier = used.updateValue(key, forKey: header) {
        reader.fault(
          key, "the header \(header) carries '\(earlier)' already.",
          remedy: "Give each fact a header of its own.")
      }
    }
    read("queue", \.queue)
    read("campaign", \.campaign)
    read("agent", \.agent)
    read("team", \.team)
    read("site", \.site)
    read("language", \.language)
    read("customerTier", \.customerTier)
    reader.finish()
  }
}
