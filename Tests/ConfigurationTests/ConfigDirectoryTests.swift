import Supervision
import Testing

@testable import Configuration

@Suite("Directory of the configuration")
struct ConfigDirectoryTests {
  let directory: ConfigDirectory

  init() throws {
    directory = ConfigDirectory(
      try Configuration.parse(
        """
        { signalling: { advertisedAddress: "192.0.2.1" },
          tenants: [{ name: "red", policy: { agentAfterTakeover: "listen", afterTransfer: "agent", parkPrefix: "*70", parkTimeout: 30 } }, { name: "blue", deviceNetworks: ["10.0.0.0/8"] }],
          trunks: [{ name: "pbx", tenant: "red", addresses: ["192.0.2.9"], customerSide: false, learn: "any" }],
          headers: { queue: "X-Queue" },
          users: [
            { name: "anna", tenant: "red", password: "pw-of-anna", team: "north", queue: "billing" },
            { name: "sue", tenant: "red", role: "supervisor", token: "token-of-sue-1234",
              grants: [{ permissions: ["view", "listen"] }] },
            { name: "bob", tenant: "blue", role: "supervisor", token: "token-of-bob-1234" },
          ],
          routing: [{ pattern: "1", tenant: "red", to: { user: "anna" } }] }
        """))
  }

  @Test("A1 a token names its holder with his grants, anything else nobody")
  func tokens() {
    let sue = directory.principal(token: "token-of-sue-1234")
    #expect(sue?.user == UserID("sue"))
    #expect(sue?.tenant == TenantID("red"))
    #expect(sue?.grants.map(\.permissions) == [[.view, .listen]])
    #expect(directory.principal(token: "token-of-bob-1234")?.user == UserID("bob"))
    let wrong = [
      "", "token-of-sue-123", "token-of-sue-12345", "token-of-sue-1235", "token-of-sue-1234token-of-sue-1234",
    ]
    for token in wrong { #expect(directory.principal(token: token) == nil, "\(token)") }
  }

  @Test("A9 name and password together let somebody sign in, nothing else does")
  func passwords() {
    #expect(directory.user(name: "anna", password: "pw-of-anna")?.principal.user == UserID("anna"))
    let wrong = [
      ("anna", ""), ("anna", "pw-of-ann"), ("sue", ""), ("sue", "pw-of-anna"), ("", "pw-of-anna"), ("", ""),
    ]
    for (name, password) in wrong {
      #expect(directory.user(name: name, password: password) == nil, "\(name) \(password)")
    }
  }

  @Test("A10 users, rules and policies are those of the tenant alone")
  func tenants() {
    let (red, blue) = (TenantID("red"), TenantID("blue"))
    #expect(directory.user(UserID("anna"), tenant: red)?.team == "north")
    #expect(directory.user(UserID("anna"), tenant: blue) == nil)
    #expect(directory.policy(tenant: red).agentAfterTakeover == .listen)
    #expect(directory.policy(tenant: red).afterTransfer == .agent && Policy().afterTransfer == .customer)
    #expect(
      directory.policy(tenant: red).parkPrefix == "*70" && directory.policy(tenant: red).parkTimeout == 30)
    #expect(directory.policy(tenant: red).deviceNetworks == Policy().deviceNetworks)
    #expect(directory.policy(tenant: blue).deviceNetworks.map(\.description) == ["10.0.0.0/8"])
    #expect(directory.dialPlan(tenant: red).rules.map(\.destination) == [.user(UserID("anna"))])
    #expect(directory.dialPlan(tenant: blue).rules.isEmpty)
  }

  @Test("S5 a trunk is known with its side and its headers")
  func trunks() {
    let pbx = directory.trunk("pbx")
    #expect(pbx?.tenant == TenantID("red"))
    #expect(pbx?.isCustomerSide == false)
    #expect(pbx?.learnAny == true)
    #expect(pbx?.headers.queue == "x-queue")
    #expect(pbx?.headers.team == "x-earshot-team")
    #expect(directory.trunk("carrier") == nil)
  }

  @Test("A9 secrets are equal only when every byte is")
  func equality() {
    #expect(ConfigDirectory.areEqual([1, 2, 3], [1, 2, 3]))
    let unequal: [([UInt8], [UInt8])] = [
      ([1, 2, 3], [1, 2, 4]), ([1, 2, 3], [1, 2]), ([1, 2], [1, 2, 1, 2]), ([], [0]), ([0], []),
    ]
    for (secret, guess) in unequal { #expect(!ConfigDirectory.areEqual(secret, guess)) }
  }
}
