/// How a message came, or is to go (RFC 3261 section 18).
package enum SIPTransport: String, Hashable, Sendable, CaseIterable {
  case udp, tcp, tls

  /// What stands behind the address of a hop that is reached so; nothing for UDP.
  package var parameter: String { self == .udp ? "" : ";transport=\(rawValue)" }
}
