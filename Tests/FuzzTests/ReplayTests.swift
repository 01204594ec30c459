import Foundation
import FuzzTargets
import Testing

@Suite("Inputs of the fuzzer", .serialized)
struct ReplayTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz")

  private static func inputs(_ kind: String, of target: FuzzTarget) throws -> [Data] {
    let folder = folder.appending(path: kind).appending(path: target.rawValue)
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { try Data(contentsOf: $0) }
  }

  /// A fault ends the process, and the runner names this test.
  @Test(
    "X4 what once ended a process, and what the fuzzer begins with, is taken", arguments: FuzzTarget.allCases)
  func replay(_ target: FuzzTarget) throws {
    let seeds = try Self.inputs("Seeds", of: target)
    #expect(!seeds.isEmpty, "nothing to begin with")
    for input in try seeds + Self.inputs("Crashes", of: target) {
      input.withUnsafeBytes { target.run($0) }
      // Cut off anywhere it is taken, too.
      for length in stride(from: 0, to: input.count, by: max(input.count / 24, 1)) {
        Data(input.prefix(length)).withUnsafeBytes { target.run($0) }
      }
    }
  }
}
