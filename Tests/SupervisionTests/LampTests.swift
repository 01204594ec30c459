import Supervision
import Testing

@Suite("I6 A7 what a lamp shows, and whom")
struct LampTests {
  private let now = Moment(wall: 1_000_000, uptime: 0)

  private func user(_ name: String, _ role: Role, _ grants: [Grant] = [], queue: String? = nil)
    -> DirectoryUser
  {
    DirectoryUser(
      principal: Principal(user: UserID(name), name: name, tenant: CallDriver.tenant, grants: grants),
      role: role,
      queue: queue)
  }

  private func phone(_ driver: CallDriver, of user: String = "anna") -> LampDialog? {
    LampDialog(phoneOf: user, in: driver.call.snapshot)
  }

  @Test("I6 RFC 4235 3.7.1: being set up, ringing, answered, over")
  func states() throws {
    var driver = CallDriver()
    #expect(phone(driver)?.state == .trying)
    driver.send(.progress(CallDriver.agentLeg, status: 180, sdp: nil, source: "192.0.2.2"))
    #expect(phone(driver)?.state == .early)
    driver.send(.answered(CallDriver.agentLeg, sdp: "answer", source: "192.0.2.2"))
    let dialog = try #require(phone(driver))
    #expect(dialog.state == .confirmed && !dialog.isInitiator && !dialog.isHolding)
    #expect(dialog.other == CallerIdentity(user: "5551", name: "Carol"))
    driver.send(.offered(CallDriver.agentLeg, sdp: "sendonly"))
    #expect(phone(driver)?.isHolding == true)
    for other in ["5551", "ben", "sue"] { #expect(phone(driver, of: other) == nil) }
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(phone(driver) == nil)
  }

  @Test("I6 who calls is the initiator, and sees whom he calls")
  func initiator() {
    let driver = CallDriver(internalTo: "ben", legs: (LegID(1), LegID(2)), id: "c2")
    #expect(phone(driver)?.isInitiator == true && phone(driver)?.other.user == "ben")
    #expect(phone(driver, of: "ben")?.isInitiator == false && phone(driver, of: "ben")?.other.user == "anna")
  }

  @Test(
    "A7 the notice's lamp says what the page says, mode by mode", arguments: SupervisionMode.allCases,
    [true, false])
  func notice(_ mode: SupervisionMode, sees: Bool) {
    var policy = Policy()
    policy.agentAfterTakeover = .listen
    policy.agentSees = sees ? [mode] : Set(SupervisionMode.allCases).subtracting([mode])
    var driver = CallDriver.answered(policy: policy)
    let lamp = { (driver: CallDriver) in
      LampDialog(noticeFor: "anna", in: driver.call.snapshot, policy: policy)
    }
    #expect(lamp(driver) == nil)
    driver.browse(mode)
    #expect(lamp(driver)?.other.name == (sees ? "SUE: \(mode.rawValue)" : nil))
    policy.agentSeesWho = false
    #expect(lamp(driver)?.other.name == (sees ? mode.rawValue : nil))
  }

  @Test("I6 a name that begins like a notice's is a name where there is such a user")
  func address() {
    #expect(LampSubject("anna") { _ in true } == .phone(UserID("anna")))
    #expect(LampSubject("monitored-anna") { _ in false } == .notice(UserID("anna")))
    #expect(LampSubject("monitored-anna") { _ in true } == .phone(UserID("monitored-anna")))
  }

  /// Who asks for which lamp, and whether he may.
  static let rights: [(who: String, for: LampSubject, may: Bool)] = [
    ("anna", .phone(UserID("anna")), true), ("anna", .notice(UserID("anna")), true),
    ("anna", .phone(UserID("ben")), false), ("anna", .notice(UserID("ben")), false),
    ("sue", .phone(UserID("anna")), true), ("sue", .phone(UserID("ben")), true),
    // What an agent may know of his supervision is his own affair.
    ("sue", .notice(UserID("anna")), false),
    ("tom", .phone(UserID("ben")), true), ("tom", .phone(UserID("anna")), false),
    ("old", .phone(UserID("anna")), false),
    ("sue", .phone(UserID("nobody")), false),
  ]

  @Test("A2 who is out of scope doesn't exist", arguments: rights)
  func scope(_ row: (who: String, for: LampSubject, may: Bool)) {
    let all = Set(Permission.allCases)
    let users = [
      user("anna", .agent, queue: "sales"), user("ben", .agent, queue: "support"),
      user("sue", .supervisor, [Grant(permissions: all)]),
      user("tom", .supervisor, [Grant(permissions: [.view], scope: Scope(queues: ["support"]))]),
      user("old", .supervisor, [Grant(permissions: all, until: now.wall)]),
    ]
    let find = { (name: String) in users.first { $0.principal.user.value == name } }
    let objection = row.for.objection(to: find(row.who)!.principal, find(row.for.user.value), at: now)
    #expect(objection == (row.may ? nil : .noRoute(row.for.user.value)))
  }

  @Test("A2 of calls out of scope a lamp shows nothing; of another tenant's nothing at all")
  func calls() {
    let driver = CallDriver.answered()
    let call = driver.call.snapshot
    let shows = { (principal: Principal) in
      LampSubject.phone(UserID("anna")).dialog(in: call, for: principal, policy: Policy(), at: self.now)
        != nil
    }
    let seeing = { (queue: String, tenant: String) in
      Principal(
        user: UserID("sue"), name: "Sue", tenant: TenantID(tenant),
        grants: [Grant(permissions: [.view], scope: Scope(queues: [queue]))])
    }
    #expect(shows(seeing("sales", "acme")))
    #expect(!shows(seeing("support", "acme")))
    #expect(!shows(seeing("sales", "other")))
    #expect(shows(Principal(user: UserID("anna"), name: "Anna", tenant: CallDriver.tenant, grants: [])))
  }
}
