import Supervision

/// Who is signed in, and what a page must know of his rights and rules.
package struct SessionDocument: Hashable, Sendable, Codable {
  package var user: String
  package var name: String
  /// `supervisor`, `agent`, `customer`.
  package var role: String
  package var tenant: String
  /// Of all his grants that are in force, whatever their scope.
  package var permissions: [String]
  package var policy: PolicyDocument
  package var serverTime: String
  package var version: String
  /// For the page's connections; absent where there are none.
  package var iceServers: [ICEServerDocument]?

  package struct PolicyDocument: Hashable, Sendable, Codable {
    /// Seconds.
    package var longCall: Int
    package var longHold: Int
    package var agentAcceptsWhisper: Bool
    /// Modes.
    package var purposeRequired: [String]
    package var reasonRequired: [String]
  }

  init(
    _ user: DirectoryUser, policy: Policy, at now: Moment, version: String, iceServers: [ICEServer] = []
  ) {
    let principal = user.principal
    self.user = principal.user.value
    name = principal.name
    role = user.role.rawValue
    tenant = principal.tenant.value
    permissions = Permission.allCases
      .filter { permission in
        principal.grants.contains { $0.isInForce(at: now) && $0.permissions.contains(permission) }
      }
      .map(\.rawValue)
    self.policy = PolicyDocument(
      longCall: policy.longCall, longHold: policy.longHold, agentAcceptsWhisper: policy.agentAcceptsWhisper,
      purposeRequired: Self.modes(policy.purposeRequired), reasonRequired: Self.modes(policy.reasonRequired))
    serverTime = Timestamp.text(now.wall)
    self.version = version
    self.iceServers =
      iceServers.isEmpty ? nil : iceServers.map { $0.document(for: principal.user, at: now) }
  }

  private static func modes(_ set: Set<SupervisionMode>) -> [String] {
    SupervisionMode.allCases.filter(set.contains).map(\.rawValue)
  }
}
