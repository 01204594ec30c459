import Configuration
import Foundation
import Phones
import Supervision
import TestKit
import Testing

@testable import earshot

@Suite struct DemoScreenTests {
  @Test("X1 W1 the demo names its page with sign-ins that its configuration takes") func signIns() throws {
    let folder = TemporaryFolder()
    let accounts = try DemoAccounts(
      file: folder.path + "/accounts", names: DemoCast.standard { _ in "" }.agents.map(\.account.user))
    var floor = DemoFloor.Settings()
    floor.trunkPort = 5090
    let demo = DemoConfiguration(
      folder: folder.path, apiPort: 8099, floor: floor,
      cast: DemoCast.standard { _ in "secret" },
      accounts: accounts)
    let text = DemoScreen(
      configuration: demo, file: "f", console: Console(write: { _ in }, writeError: { _ in })
    ).introduction
    #expect(text.contains("Open http://127.0.0.1:8099/"))
    let directory = ConfigDirectory(try Configuration.parse(demo.text))
    for name in [DemoAccounts.supervisor, DemoAccounts.agent] {
      #expect(text.contains("\(name) / \(accounts[name])"))
      #expect(directory.user(name: name, password: accounts[name]) != nil)
    }
    let sue = directory.user(name: DemoAccounts.supervisor, password: accounts[DemoAccounts.supervisor])
    #expect(sue?.role == .supervisor)
    #expect(sue?.principal.grants.first?.permissions.contains(.textWhisper) == true)
  }
}
