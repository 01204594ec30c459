import Audio
import Foundation
import Supervision
import TestKit
import Testing

@testable import earshot

@Suite("Commands that talk to a server")
struct RemoteCommandTests {
  private func run(_ desk: OneCallDesk, _ words: [String], token: String = OneCallDesk.token) async throws
    -> Transcript
  {
    try await desk.serving { server in
      await Transcript.of(words + ["--server", server, "--token", token])
    }
  }

  @Test("Q1 calls are listed for people and for programs")
  func calls() async throws {
    let people = try await run(OneCallDesk(), ["calls"])
    #expect(people.code == .ok, "\(people.complaint)")
    let lines = people.output.split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[1] == "0:07  Anna Berg  M. Schneider  billing  –         talking  –            c1")
    let programs = try await run(OneCallDesk(), ["calls", "--json"])
    #expect(programs.output.hasPrefix("{\"calls\":[{\"agents\":[\"anna\"]"))
  }

  @Test("U1 the audit is told oldest first, with the proof")
  func audit() async throws {
    let people = try await run(OneCallDesk(), ["audit", "list", "--call", "c1"])
    #expect(people.code == .ok, "\(people.complaint)")
    let lines = people.output.split(separator: "\n")
    try #require(lines.count == 3)
    #expect(
      lines[1].hasPrefix("1       1970-01-01T00:00:01.000Z  Sue Lang    opened listen  anna   c1    rest"))
    #expect(
      lines[2].hasSuffix(
        "done; customer 4930 heard nothing in listen, 0.01 s in barge; agent anna heard nothing in listen"))
    let programs = try await run(OneCallDesk(), ["audit", "list", "--json"])
    #expect(programs.output.split(separator: "\n").count == 2)
  }

  @Test("M8 supervise --wav writes what the supervisor hears, shows who hears him, and leaves in time")
  func supervise() async throws {
    let folder = TemporaryFolder()
    let desk = OneCallDesk()
    let file = "\(folder.path)/heard.wav"
    let transcript = try await run(
      desk,
      ["supervise", "c1", "--mode", "whisper", "--purpose", "training", "--wav", file, "--seconds", "1"])
    #expect(transcript.code == .ok, "\(transcript.complaint)")
    #expect(desk.request?.mode == .whisper)
    #expect(desk.request?.purpose == "training")
    #expect(transcript.output.hasPrefix("whisper: you are heard by agent Anna Berg\n"))
    let heard = try WAVFile([UInt8](Data(contentsOf: URL(filePath: file))))
    #expect(heard.sampleRate == 8000 && heard.channels == 1)
    #expect(heard.duration > 500)
    #expect(Ear(heard.samples).contains(tone: 1_000))
  }

  @Test("M7 a refusal ends with 2 and says why; nothing is left behind")
  func refusals() async throws {
    let folder = TemporaryFolder()
    let file = "\(folder.path)/heard.wav"
    let barge = ["supervise", "c1", "--mode", "barge", "--wav", file]
    let forbidden = try await run(OneCallDesk(refusal: .notPermitted(.barge)), barge)
    #expect(forbidden.code == .refused)
    #expect(forbidden.complaint.contains("'barge'"))
    #expect(!FileManager.default.fileExists(atPath: file))
    try Data("an earlier one".utf8).write(to: URL(filePath: file))
    _ = try await run(OneCallDesk(refusal: .notPermitted(.barge)), barge)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "an earlier one")
    let other = "\(folder.path)/other.wav"
    let elsewhere = try await run(
      OneCallDesk(), ["supervise", "c1", "--mode", "listen", "--wav", other, "--address", "192.0.2.1"])
    #expect(elsewhere.code != .ok)
    #expect(!FileManager.default.fileExists(atPath: other))
    let unknown = try await run(OneCallDesk(), ["supervise", "c9", "--mode", "listen", "--device", "sue"])
    #expect(unknown.code == .refused)
    #expect(unknown.complaint.contains("no such call"))
    let stranger = try await run(OneCallDesk(), ["calls"], token: "nobody's")
    #expect(stranger.code == .refused)
  }

  @Test("X1 a server that isn't there ends with 69, and says how to start one")
  func unreachable() async throws {
    let words = ["calls", "--server", "http://127.0.0.1:9", "--token", "x"]
    let transcript = await Transcript.of(words)
    #expect(transcript.code == .unavailable)
    #expect(transcript.complaint.contains("http://127.0.0.1:9"))
    #expect(transcript.complaint.contains("earshot serve"))
  }

  @Test(
    "X1 a wrong request is refused before anything begins",
    arguments: [
      (
        ["supervise", "c1", "--mode", "lisen", "--wav", "x"],
        "There is no mode 'lisen'. Did you mean 'listen'?"
      ),
      (["supervise", "c1", "--wav", "x"], "--mode is missing. Give --mode MODE"),
      (["supervise", "c1", "--mode", "listen"], "Give either --device or --wav."),
      (
        ["supervise", "c1", "--mode", "listen", "--wav", "x", "--device", "y"],
        "Give either --device or --wav."
      ),
      (["supervise", "c1", "--mode", "listen", "--wav", "x", "--seconds", "0"], "--seconds can't be '0'."),
      (
        ["supervise", "c1", "--mode", "listen", "--wav", "/nowhere/x.wav"], "/nowhere/x.wav can't be written."
      ),
      (["calls", "--server", "localhost"], "'localhost' is no address of a server."),
      (["audit", "list", "--limit", "0"], "--limit can't be '0'."),
      (["audit"], "'audit' is not whole. Give one of: audit list, audit verify."),
    ])
  func usage(words: [String], complaint: String) async {
    let transcript = await Transcript.of(
      words + (words.contains("--server") ? [] : ["--token", "t"]).filter { _ in words.count > 1 })
    #expect(transcript.code == .usage)
    #expect(transcript.complaint.hasPrefix("earshot: \(complaint)"), "\(transcript.complaint)")
  }
}
