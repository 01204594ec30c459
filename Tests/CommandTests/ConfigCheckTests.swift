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
}
