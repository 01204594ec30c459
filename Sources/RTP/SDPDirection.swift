/// Which way sound goes, seen from the party whose description says so (RFC 3264, section 5.1). The raw
/// values are the attribute names, as those of the domain's own direction.
package enum SDPDirection: String, Sendable, Hashable, CaseIterable {
  case sendrecv
  case sendonly
  case recvonly
  case inactive

  package init(sends: Bool, receives: Bool) {
    self = sends ? (receives ? .sendrecv : .sendonly) : (receives ? .recvonly : .inactive)
  }

  package var sends: Bool { self == .sendrecv || self == .sendonly }
  package var receives: Bool { self == .sendrecv || self == .recvonly }

  /// The same, seen from the other party.
  package var mirrored: SDPDirection { SDPDirection(sends: receives, receives: sends) }

  /// What both allow.
  package func limited(to other: SDPDirection) -> SDPDirection {
    SDPDirection(sends: sends && other.sends, receives: receives && other.receives)
  }
}
