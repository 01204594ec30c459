/// A session description (SDP, RFC 8866) as a value: what Earshot uses of it is typed, attributes that it
/// does not know are kept as they came.
package struct SessionDescription: Hashable, Sendable {
  /// The `o=` line: which session this describes, and which version of it.
  package struct Origin: Hashable, Sendable {
    package var username: String
    package var sessionID: String
    /// Goes up by one with each changed description. A number beyond 64 bits reads as the greatest.
    package var version: UInt64
    package var address: Connection

    package init(username: String = "-", sessionID: String, version: UInt64, address: Connection) {
      self.username = username
      self.sessionID = sessionID
      self.version = version
      self.address = address
    }
  }

  /// A `c=` line: a network address.
  package struct Connection: Hashable, Sendable {
    /// `IP4` or `IP6`.
    package var type: String
    /// Numeric, or a host name as it came; a TTL or count of multicast stays in it.
    package var address: String

    package init(type: String, address: String) {
      self.type = type
      self.address = address
    }

    /// Of a numeric address; the type follows from it.
    package init(_ address: String) {
      self.init(type: address.utf8.contains(UInt8(ascii: ":")) ? "IP6" : "IP4", address: address)
    }

    /// 0.0.0.0 (or ::), the old way to put on hold (RFC 3264, section 8.4).
    package var isUnspecified: Bool { IPAddress(address)?.isUnspecified == true }
  }

  /// An `a=` line: `name` or `name:value`.
  package struct Attribute: Hashable, Sendable {
    package var name: String
    package var value: String?

    package init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  package var origin: Origin
  /// The `s=` line.
  package var name: String
  /// For every medium that has none of its own.
  package var connection: Connection?
  /// The `b=` lines, as they came.
  package var bandwidth: [String] = []
  /// The `t=` lines, as they came.
  package var timing: [String] = ["0 0"]
  package var attributes: [Attribute] = []
  package var media: [MediaDescription] = []

  package init(origin: Origin, name: String = "-", connection: Connection? = nil) {
    self.origin = origin
    self.name = name
    self.connection = connection
  }

  /// This description as the next one of the session that `previous` belongs to: the same session id, and the
  /// version raised by one if anything else differs (RFC 3264, section 8).
  package func revised(after previous: SessionDescription) -> SessionDescription {
    var next = self
    next.origin.username = previous.origin.username
    next.origin.sessionID = previous.origin.sessionID
    next.origin.version = previous.origin.version
    if next != previous { next.origin.version &+= 1 }
    return next
  }

  /// Where a medium is to be sent: its own `c=` line, or the session's.
  package func connection(of medium: MediaDescription) -> Connection? { medium.connection ?? connection }

  /// The direction of a medium: its own, or the session's, or both ways. An unspecified address is a hold and
  /// makes it inactive, whatever else is said.
  package func direction(of medium: MediaDescription) -> SDPDirection {
    if connection(of: medium)?.isUnspecified == true { return .inactive }
    return medium.attributes.direction ?? attributes.direction ?? .sendrecv
  }
}

extension [SessionDescription.Attribute] {
  /// The value of the first attribute of that name; "" if it has none.
  package func value(of name: String) -> String? {
    first { $0.name == name }.map { $0.value ?? "" }
  }

  package func contains(_ name: String) -> Bool { contains { $0.name == name } }

  /// The last direction named, if any.
  package var direction: SDPDirection? {
    last { SDPDirection(rawValue: $0.name) != nil }.flatMap { SDPDirection(rawValue: $0.name) }
  }
}
