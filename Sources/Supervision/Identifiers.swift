/// One conversation, for its whole life. Random, so that it can't be guessed by someone out of scope.
package struct CallID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let value: String
  package init(_ value: String) { self.value = value }
  package var description: String { value }
}

/// One signalled connection of this process: a SIP dialog of ours. Never used twice while the process lives.
package struct LegID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }
  package var description: String { "leg-\(value)" }
}

/// A party within one call. Small, given in the order of joining and never used twice within that call.
package struct ParticipantID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  package let value: UInt32
  package init(_ value: UInt32) { self.value = value }

  /// Hold sound and prompts: one voice that belongs to the call itself.
  package static let player = ParticipantID(0)

  package static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  package var description: String { self == .player ? "player" : "p\(value)" }
}

/// One supervisor on one call.
package struct SessionID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let value: String
  package init(_ value: String) { self.value = value }
  package var description: String { value }
}

/// One question that somebody waits to have answered: a REST request, a feature code, a key.
package struct RequestID: Hashable, Sendable, Codable {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }
}

package struct TenantID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let value: String
  package init(_ value: String) { self.value = value }
  package var description: String { value }
}

/// The name under which a user is kept in the directory, for example `anna`. Unique within a tenant.
package struct UserID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let value: String
  package init(_ value: String) { self.value = value }
  package var description: String { value }
}
