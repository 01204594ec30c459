import Foundation
import Storage
import TestKit
import Testing

/// `earshot serve` that can't begin: what, where and the remedy, and nothing half-done left behind.
@Suite("X1 refused starts", .serialized, .timeLimit(.minutes(2)))
struct StartScenarios {
  private let folder = TemporaryFolder()

  /// `earshot serve` to its end.
  private func serve(
    sip: String = "127.0.0.1:0", api: String = "127.0.0.1:0", storage: String? = nil, rtp: String = "",
    more: String = ""
  ) async throws -> (status: Int32, output: String) {
    let configs = TemporaryFolder()
    let file = configs.path + "/earshot.json5"
    let text = """
      {
        signalling: {listen: '\(sip)'},
        media: {bindAddress: '127.0.0.1', \(rtp)},
        api: {listen: '\(api)'},
        storage: {folder: '\(storage ?? folder.path)'},
        tenants: [{name: 'acme'}],
        \(more)
      }
      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    chmod(file, 0o600)
    // The SIP library keeps 2 kB of a stack whose port is taken; its process is at its end then.
    return try await EarshotProcess.run(
      ["serve", "--config", file], environment: ["LSAN_OPTIONS": "detect_leaks=0"])
  }

  @Test(
    "X1 a port or folder in use is named with the remedy; the one who has it runs on, the folder is given back"
  )
  func inUse() async throws {
    let floor = try await Floor()
    let sipPort = String(try #require(floor.sip.split(separator: ":").last))
    let apiPort = String(try #require(floor.api.port))
    for (what, port, outcome) in [
      ("SIP", sipPort, try await serve(sip: "127.0.0.1:\(sipPort)")),
      ("HTTP", apiPort, try await serve(api: "127.0.0.1:\(apiPort)")),
    ] {
      #expect(outcome.status == 1, "\(outcome.output)")
      #expect(outcome.output.contains("\(what) can't listen on 127.0.0.1"), "\(outcome.output)")
      #expect(outcome.output.contains(port) && outcome.output.contains("choose another"), "\(outcome.output)")
      #expect(!outcome.output.contains("ready sip="))
    }
    let taken = try await serve(storage: floor.folder.path)
    #expect(taken.status == 1)
    #expect(
      taken.output.contains("\(floor.folder.path) is in use by process \(floor.server.identifier)")
        && taken.output.contains("stop it"), "\(taken.output)")
    #expect(try await floor.client().calls().isEmpty, "it runs on")
    await floor.stop()

    // Those that failed hold nothing, and have written nothing into the audit.
    let next = try await Floor(folder: URL(fileURLWithPath: folder.path))
    _ = try await next.entry { $0.action == "started" }
    #expect(await next.stop() == 0)
    #expect(try await next.auditEntries().map(\.action) == [.started, .stopped])
  }

  @Test("X1 a missing or open folder ends with 78, and isn't made or changed")
  func folder() async throws {
    let missing = folder.path + "/none"
    let outcome = try await serve(storage: missing)
    #expect(outcome.status == 78)
    #expect(
      outcome.output.contains("storage.folder") && outcome.output.contains("mkdir -p -m 700 \(missing)"),
      "\(outcome.output)")
    #expect(!FileManager.default.fileExists(atPath: missing))

    chmod(folder.path, 0o755)
    let open = try await serve()
    #expect(open.status == 78 && open.output.contains("chmod 700 \(folder.path)"), "\(open.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(
    "X1 a wrong configuration ends with 78: place, what, remedy",
    arguments: [
      ("", "trunk: []", ["trunk: there is no such key", "'trunks'"]),
      ("rtpPorts: {from: 40000, to: 30000}", "", ["media.rtpPorts"]),
      ("", "users: [{name: 'anna'}, {name: 'anna'}]", ["users[1].name: is the same", "name of its own"]),
      ("", "users: [{name: 'anna', role: 'boss'}]", ["users[0].role", "supervisor"]),
      ("", "api: {}", ["'api' stands twice"]),
      ("", "users: [", ["this is no JSON5"]),
    ])
  func wrong(rtp: String, member: String, says: [String]) async throws {
    let outcome = try await serve(rtp: rtp, more: member)
    #expect(outcome.status == 78, "\(outcome.output)")
    for words in ["earshot.json5:"] + says { #expect(outcome.output.contains(words), "\(outcome.output)") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("X1 a file that isn't there ends with 78 and its name")
  func noFile() async throws {
    let file = folder.path + "/none.json5"
    let outcome = try await EarshotProcess.run(["serve", "--config", file])
    #expect(outcome.status == 78 && outcome.output.contains(file), "\(outcome.output)")
  }
}
