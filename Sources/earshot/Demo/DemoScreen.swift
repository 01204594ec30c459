import API
import Foundation

/// What the demo shows: how to take part, and the live list below it.
struct DemoScreen {
  let configuration: DemoConfiguration
  let file: String
  let console: Console

  var introduction: String {
    let accounts = configuration.accounts
    let token = accounts[DemoAccounts.token]
    let server = configuration.apiPort == 8_080 ? "" : " --server http://127.0.0.1:\(configuration.apiPort)"
    let port = configuration.sipPort == 5_060 ? "" : " \(configuration.sipPort)"
    func account(_ name: String) -> String { "\(name) / \(accounts[name])" }
    func phone(_ name: String, _ what: String) -> String {
      let line = "scripts/softphone \(name) \(accounts[name])\(port)"
      return "    \(line)\(String(repeating: " ", count: max(1, 42 - line.count)))# \(what)"
    }
    return """
      Earshot's demo floor: real SIP and RTP on 127.0.0.1, people talking, calls that come and go.

      Open http://127.0.0.1:\(configuration.apiPort)/ and sign in:
          \(account(DemoAccounts.supervisor))    # the supervisor: the floor, click Listen on a call
          \(account(DemoAccounts.agent))    # an agent with a softphone in the page; call him as the customer below

      Phones of your own (registrar 127.0.0.1:\(configuration.sipPort), UDP), each in a terminal:
      \(phone(DemoAccounts.customer, "a customer's line: /dial \(DemoAccounts.agent)"))
      \(phone(DemoAccounts.agent, "an agent: /accept"))
      \(phone(DemoAccounts.supervisor, "a supervisor: /dial *31\(DemoAccounts.agent), then 5, 66, 77, *"))
      Sue may dial in on the simulated agents too: *31anna listens to Anna, *32ben whispers to Ben.

      Without a phone, in another terminal:
          export EARSHOT_TOKEN=\(token)
          .build/release/earshot supervise CALL --mode listen --wav heard.wav --seconds 10\(server)
          .build/release/earshot audit list\(server)
          .build/release/earshot audit verify --folder \(configuration.folder)/data
      The configuration is \(file). Ctrl-C ends the demo.
      """
  }

  /// Shows the list until the task is cancelled: drawn anew in a terminal, every ten seconds in a log.
  func run() async throws {
    guard let server = URL(string: "http://127.0.0.1:\(configuration.apiPort)") else { return }
    let client = APIClient(server: server, token: configuration.accounts[DemoAccounts.token])
    console.print(introduction)
    var drawn = 0
    while !Task.isCancelled {
      if let calls = try? await client.calls() {
        if console.isTerminal, drawn > 0 { console.write("\u{1B}[\(drawn)A\u{1B}[J") }
        let table = CallTable(width: console.columns, isColoured: console.isTerminal)
        let lines = [""] + table.lines(calls)
        console.print(lines.joined(separator: "\n"))
        drawn = lines.count
      }
      try await Task.sleep(for: console.isTerminal ? .milliseconds(500) : .seconds(10))
    }
  }
}
