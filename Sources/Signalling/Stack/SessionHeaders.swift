/// What a message says of its session's timer (RFC 4028 sections 4 and 5).
package struct SessionHeaders: Hashable, Sendable {
  /// Who refreshes: the side that sent this request, or the one that answers it.
  package enum Refresher: String, Hashable, Sendable {
    case uac, uas
  }

  /// Session-Expires, seconds.
  package var expires: Int?
  package var refresher: Refresher?
  /// Min-SE, seconds.
  package var minimum: Int?

  package init(expires: Int? = nil, refresher: Refresher? = nil, minimum: Int? = nil) {
    self.expires = expires
    self.refresher = refresher
    self.minimum = minimum
  }

  /// As header lines.
  package var lines: [String] {
    var lines: [String] = []
    if let expires {
      lines.append("Session-Expires: \(expires)" + (refresher.map { ";refresher=\($0.rawValue)" } ?? ""))
    }
    if let minimum { lines.append("Min-SE: \(minimum)") }
    return lines
  }
}
