import Locking
import Supervision
import Testing

@testable import API

@Suite("X1 A7 the clock is set back") struct ClockTests {
  private struct Everyone: Directory {
    func principal(token: String) -> Principal? { nil }
    func user(_ id: UserID, tenant: TenantID) -> DirectoryUser? {
      DirectoryUser(principal: Principal(user: id, name: id.value, tenant: tenant, grants: []), role: .agent)
    }
    func policy(tenant: TenantID) -> Policy { Policy() }
    func dialPlan(tenant: TenantID) -> DialPlan { DialPlan() }
    func trunk(_ name: String) -> DirectoryTrunk? { nil }
  }

  @Test(
    "X1 A7 a sign-in lasts as long as it would have, whatever happens to the wall clock", arguments: [-1, 1])
  func session(direction: Int64) throws {
    let hour: Int64 = 3_600_000
    let clock = Lock(Moment(wall: 1_000 * hour, uptime: hour))
    let directory = Everyone()
    let sessions = SignInSessions(directory: directory, now: { clock.withLock { $0 } })
    let anna = try #require(directory.user(UserID("anna"), tenant: TenantID("acme"))).principal
    let key = sessions.begin(anna)
    func pass(_ milliseconds: Int64, jump: Int64 = 0) {
      clock.withLock {
        $0.uptime += milliseconds
        $0.wall += milliseconds + jump
      }
    }
    pass(1, jump: direction * 24 * hour)
    #expect(sessions.principal(key)?.user == UserID("anna"))
    pass(hour - 1)
    #expect(sessions.principal(key) != nil, "used within the hour")
    pass(hour + 1)
    #expect(sessions.principal(key) == nil, "idle for more than an hour")
  }
}
