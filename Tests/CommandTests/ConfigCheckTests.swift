import Foundation
import TestKit
import Testing

@testable import earshot

@Suite("config check")
struct ConfigCheckTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String) throws -> String {
    let file = "\(folder.path)/earshot.json5"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }

  @Test("X1 a good configuration is confirmed with 0")
  func good() async throws {
    let file = try file(
      "{ signalling: { advertisedAddress: '192.0.2.1' }, storage: { folder: '\(folder.path)' } }")
    let people = await Transcript.of(["config", "check", file])
    #expect(people.code == .ok)
    #expect(people.output.contains("is good"))
    #expect(people.output.contains("SIP at 0.0.0.0:5060, API at 127.0.0.1:8080"))
    let programs = await Transcript.of(["config", "check", "--json", file])
    #expect(programs.output == "{\"faults\":[],\"file\":\"\(file)\"}\n")
  }

  @Test("X1 a wrong one ends with 78 and every fault")
  func wrong() async throws {
    let file = try file("{ signalling: {},\n media: { workrs: 1 }, storage: { folder: '\(folder.path)' } }")
    let people = await Transcript.of(["config", "check", file])
    #expect(people.code == .configuration)
    #expect(people.output.isEmpty)
    #expect(people.complaint.contains("\(file):1:15: signalling.advertisedAddress: is missing"))
    #expect(
      people.complaint.contains(
        "\(file):2:11: media.workrs: there is no such key.\n    Did you mean 'workers'?"))
    #expect(people.complaint.hasSuffix("2 faults\n"))

    let programs = await Transcript.of(["config", "check", file, "--json"])
    #expect(programs.code == .configuration)
    #expect(programs.output.contains("\"path\":\"media.workrs\""))
    #expect(await Transcript.of(["serve", "--config", file]).code == .configuration)
  }

  @Test(
    "S1 X1 it tells which rule a number takes",
    arguments: [
      (["--number", "0049301"], "0049301 takes routing[1]: to trunk 'carrier', which is asked for '+49301'"),
      (["--number", "0049301", "--from", "carrier"], "0049301 takes routing[0]: to user 'anna'"),
      (["--number", "7", "--header", "X-Line: Gold"], "7 takes routing[2]: to user 'anna'"),
      (["--number", "anna"], "is the name of a user"), (["--number", "7"], "404"),
      (["--number", "*31anna"], "feature code: listen, on a call of 'anna'"),
      (["--number", "x-ben"], "whom this tenant doesn't have: 404"),
    ])
  func route(arguments: [String], says: String) async throws {
    let file = try file(
      """
      { signalling: { advertisedAddress: '192.0.2.1' }, storage: { folder: '\(folder.path)' },
        users: [{ name: 'anna' }], trunks: [{ name: 'carrier', addresses: ['10.0.0.1'], nextHop: 'a:1' }],
        routing: [
          { pattern: '00*', from: ['carrier'], to: { user: 'anna' } },
          { regex: '00(.*)', to: { trunk: 'carrier', number: '+$1' } },
          { headers: { 'x-line': '(?i)gold' }, to: { user: 'anna' } },
          { regex: 'x-(.*)', to: { user: '$1' } }] }
      """)
    let told = await Transcript.of(["config", "check", file] + arguments)
    #expect(told.code == .ok)
    #expect(told.output.contains(says), "\(told.output)\(told.complaint)")
  }

  @Test("X1 a question that can't be answered is told with what is missing")
  func badQuestion() async throws {
    let file = try file(
      "{ signalling: { advertisedAddress: '192.0.2.1' }, storage: { folder: '\(folder.path)' } }")
    for (words, says) in [
      (["--from", "carrier"], "--number is missing"), (["--number", "1", "--from", "x"], "no trunk 'x'"),
      (["--number", "1", "--tenant", "x"], "no tenant 'x'"),
      (["--number", "1", "--header", "x"], "no header"),
    ] {
      let told = await Transcript.of(["config", "check", file] + words)
      #expect(told.code == .usage)
      #expect(told.complaint.contains(says), "\(told.complaint)")
    }
  }
}
