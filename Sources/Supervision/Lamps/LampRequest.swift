/// One lamp of one phone: a subscription to somebody's dialogs (RFC 6665).
package struct SubscriptionID: Hashable, Sendable, CustomStringConvertible {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }
  package var description: String { "subscription-\(value)" }
}

/// A phone asks for a lamp, or asks again. Who has it has been proved.
package struct LampRequest: Hashable, Sendable {
  package var subscription: SubscriptionID
  package var tenant: TenantID
  package var user: UserID
  /// User part of the address that it asks for, percent-decoded.
  package var address: String

  package init(subscription: SubscriptionID, tenant: TenantID, user: UserID, address: String) {
    self.subscription = subscription
    self.tenant = tenant
    self.user = user
    self.address = address
  }
}
