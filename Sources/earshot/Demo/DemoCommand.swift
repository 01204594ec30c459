import Configuration
import Foundation
import Phones

/// `earshot demo`: the server and, through real sockets, a floor of simulated calls.
struct DemoCommand: Command {
  private static let folder = Option(
    "folder", value: "FOLDER", "Where the demo keeps configuration, audit and voices (default: var/demo).")
  private static let sipPort = Option("sip-port", value: "PORT", "UDP port of SIP (default: 5060).")
  private static let apiPort = Option("api-port", value: "PORT", "TCP port of the API (default: 8080).")
  private static let prompts = Option(
    "sounds", value: "FOLDER", "Recordings to speak with (default: \(VoiceStudio.debianPrompts)).")
  private static let seconds = Option("seconds", value: "N", "Stop after that time.")

  static let syntax = CommandSyntax(
    name: "demo",
    summary: "Run the server with a floor of simulated calls.",
    options: [folder, sipPort, apiPort, prompts, seconds],
    notes: [
      """
      Eight agents and their customers speak over real SIP and RTP on 127.0.0.1. Prints accounts for softphones
      of your own, a token for the API, and the live list of calls. Nothing listens beyond this machine.
      """
    ],
    examples: [
      ("earshot demo", "Run until Ctrl-C"),
      ("earshot demo --sip-port 5080 --api-port 8090", "Beside another server"),
    ])

  private let folder: String
  private let sipPort: UInt16
  private let apiPort: UInt16
  private let prompts: String
  private let seconds: Int?

  init(_ arguments: Arguments) throws(UsageError) {
    folder = arguments.value(Self.folder) ?? "var/demo"
    sipPort = UInt16(try arguments.integer(Self.sipPort, in: 1...65_535) ?? 5_060)
    apiPort = UInt16(try arguments.integer(Self.apiPort, in: 1...65_535) ?? 8_080)
    prompts = arguments.value(Self.prompts) ?? VoiceStudio.debianPrompts
    seconds = try arguments.integer(Self.seconds, in: 1...1_000_000)
  }

  func run(_ console: Console) async throws -> ExitCode {
    var demo = try prepare()
    let floor = DemoFloor(
      demo.floor, cast: demo.cast, studio: VoiceStudio(cache: "\(folder)/voices", prompts: prompts),
      log: { console.complain("demo: \($0)") })
    try await floor.open()
    demo.floor.trunkPort = await floor.trunkPort
    let file = "\(folder)/earshot.json5"
    try PrivateFile.write(demo.text, to: file)
    let configuration = try Configuration.load(file: file)
    let screen = DemoScreen(configuration: demo, file: file, console: console)
    let code = try await withThrowingTaskGroup(of: ExitCode.self) { group in
      // The server ends by a signal; whatever ends first ends the demo.
      group.addTask { try await Serve.run(configuration: configuration, announces: false, console: console) }
      group.addTask {
        try await floor.run()
        return .failed
      }
      group.addTask {
        try await screen.run()
        return .ok
      }
      if let seconds {
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return .ok
        }
      }
      let code = try await group.next()
      group.cancelAll()
      return code
    }
    await floor.close()
    return code ?? .failed
  }

  /// Folders and accounts.
  private func prepare() throws -> DemoConfiguration {
    try FileManager.default.createDirectory(
      atPath: "\(folder)/data", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let names = DemoCast.standard { _ in "" }.agents.map(\.account.user)
    let accounts = try DemoAccounts(file: "\(folder)/accounts", names: names)
    var floor = DemoFloor.Settings()
    floor.server = "127.0.0.1:\(sipPort)"
    return DemoConfiguration(
      folder: folder, sipPort: sipPort, apiPort: apiPort, floor: floor,
      cast: DemoCast.standard { accounts[$0] }, accounts: accounts)
  }
}
