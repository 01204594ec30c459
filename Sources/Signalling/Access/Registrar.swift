import Supervision

/// Where the users' phones are (RFC 3261 section 10.3). One phone a user: the newest registration counts. A value:
/// its owner gives the time and has checked the credentials.
package struct Registrar: Sendable {
  package struct Binding: Hashable, Sendable {
    /// Contact URI as the phone gave it: the request URI of calls to it.
    package var contact: String
    /// `address:port` that the REGISTER came from, with `;transport=tcp` if it came so: where calls are sent, so that
    /// a phone behind a NAT gets them.
    package var source: String
    /// Milliseconds, on the owner's clock.
    package var expires: UInt64
  }

  package enum Answer: Hashable, Sendable {
    /// 200, with the binding that stands and its seconds; nil for none.
    case done(contact: String, seconds: Int)
    case empty
    /// 423 with Min-Expires.
    case tooBrief(minimum: Int)
    case badRequest(String)
  }

  private struct Key: Hashable {
    var tenant: TenantID
    var user: UserID
  }

  private let minimum: Int
  private let maximum: Int
  private var bindings: [Key: Binding] = [:]

  /// Shortest and longest lifetime, seconds.
  package init(minimum: Int, maximum: Int) {
    self.minimum = minimum
    self.maximum = maximum
  }

  package func binding(of user: UserID, tenant: TenantID, at now: UInt64) -> Binding? {
    bindings[Key(tenant: tenant, user: user)].flatMap { $0.expires > now ? $0 : nil }
  }

  /// Registrations in force.
  package func count(at now: UInt64) -> Int { bindings.values.count { $0.expires > now } }

  /// Carries out a REGISTER whose sender was proved to be `user`.
  package mutating func register(
    _ message: SIPMessage, user: UserID, tenant: TenantID, at now: UInt64
  ) -> Answer {
    let key = Key(tenant: tenant, user: user)
    guard let contact = message.contacts.last else { return state(of: key, at: now) }
    if contact.uri == "*" {
      guard message.expires == 0, message.contacts.count == 1 else {
        return .badRequest("Contact '*' needs Expires 0 and no other contact")
      }
      bindings[key] = nil
      return .empty
    }
    let wanted = contact.expires ?? message.expires ?? maximum
    if wanted <= 0 {
      // A phone that has moved may take back its old place after it took the new one.
      if bindings[key]?.contact == contact.uri { bindings[key] = nil }
      return state(of: key, at: now)
    }
    guard wanted >= minimum else { return .tooBrief(minimum: minimum) }
    guard contact.uri.hasPrefix("sip:") else { return .badRequest("only sip: contacts can be called") }
    let seconds = min(wanted, maximum)
    bindings[key] = Binding(
      contact: contact.uri, source: message.returnHop, expires: now + UInt64(seconds) * 1000)
    return .done(contact: contact.uri, seconds: seconds)
  }

  /// The contact of one phone that is reached by way of `source`; nil if there is none any more.
  package func contact(by source: String, at now: UInt64) -> String? {
    bindings.values.first { $0.source == source && $0.expires > now }?.contact
  }

  /// Forgets the phones that were reached by way of `source`.
  /// - Returns: how many there were.
  package mutating func forget(by source: String, at now: UInt64) -> Int {
    let lost = bindings.filter { $0.value.source == source }
    for key in lost.keys { bindings[key] = nil }
    return lost.values.count { $0.expires > now }
  }

  private func state(of key: Key, at now: UInt64) -> Answer {
    guard let binding = bindings[key], binding.expires > now else { return .empty }
    return .done(contact: binding.contact, seconds: Int((binding.expires - now) / 1000))
  }
}

extension SIPMessage {
  /// Where its sender is reached by the way on which it came: a route for requests to him.
  package var returnHop: String {
    let address = sourceAddress.contains(":") ? "[\(sourceAddress)]" : sourceAddress
    return "\(address):\(sourcePort)" + transport.parameter
  }
}
