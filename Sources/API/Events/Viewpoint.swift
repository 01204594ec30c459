import Supervision

/// What decides at a moment on who sees which calls, without who it is: whoever has the same may share a feed.
struct Viewpoint: Hashable, Sendable {
  let tenant: TenantID
  /// Those in force, without their dates: rights that end at different times are the same until the first of them ends.
  private let grants: Set<Grant>

  init(_ principal: Principal, at now: Moment) {
    tenant = principal.tenant
    grants = Set(
      principal.grants.lazy.filter { $0.isInForce(at: now) }
        .map { Grant(permissions: $0.permissions, scope: $0.scope) })
  }

  /// The same principal with no more rights than he has from here.
  func holder(_ principal: Principal) -> Principal {
    Principal(user: principal.user, name: principal.name, tenant: tenant, grants: Array(grants))
  }

  /// When a grant of his begins or ends to be in force the next time, in ms since 1970; nil if none does.
  static func change(of principal: Principal, after moment: Moment) -> Int64? {
    principal.grants.lazy.flatMap { [$0.from, $0.until] }.compactMap(\.self).filter { $0 > moment.wall }.min()
  }
}
