/// What a party is to the call.
package enum Role: String, Hashable, Sendable, Codable {
  case customer, agent, supervisor, player, recorder, analyser
  /// A detector whose sound is never stored, shown or sent on; it keeps hearing while a mask is on.
  case `guard`
}

/// A party of a call.
package struct Participant: Hashable, Sendable, Codable {
  package var id: ParticipantID
  package var role: Role
  /// Extension, number or user part.
  package var address: String
  /// The name shown to people.
  package var name: String
  /// The connection by which it takes part; nil for recorder, analyser, guard and player.
  package var leg: LegID?
  /// What its last session description said, seen from its side.
  package var direction: MediaDirection = .sendrecv

  package init(
    id: ParticipantID, role: Role, address: String, name: String, leg: LegID?,
    direction: MediaDirection = .sendrecv
  ) {
    self.id = id
    self.role = role
    self.address = address
    self.name = name
    self.leg = leg
    self.direction = direction
  }

  /// Whether its phone plays what is sent to it.
  package var canHear: Bool { direction == .sendrecv || direction == .recvonly }
}

/// The direction attribute of RFC 8866 section 6.7, from the side of the peer who sent it.
package enum MediaDirection: String, Hashable, Sendable, Codable {
  case sendrecv, sendonly, recvonly, inactive

  /// RFC 3264 section 8.4: a peer puts a call on hold by `sendonly` or `inactive`.
  package var holds: Bool { self == .sendonly || self == .inactive }
}
