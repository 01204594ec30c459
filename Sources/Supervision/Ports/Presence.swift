/// By what a user can be reached now.
package protocol Presence: Sendable {
  /// `.webRTC` while he has a softphone page open, which then goes before his desk phone.
  func transport(of user: UserID, tenant: TenantID) -> LegTransport
}

/// Nobody has a browser's phone.
package struct DeskPhonesOnly: Presence {
  package init() {}
  package func transport(of user: UserID, tenant: TenantID) -> LegTransport { .rtp }
}
