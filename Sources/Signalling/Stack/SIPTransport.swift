/// How a message came, or is to go (RFC 3261 section 18).
package enum SIPTransport: String, Hashable, Sendable, CaseIterable {
  case udp, tcp
}
