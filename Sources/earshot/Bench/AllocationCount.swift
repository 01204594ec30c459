import Foundation

/// Heap allocations of the server's media threads, counted by `liballocation-counter.so`, which `make bench` builds beside
/// the program and which is preloaded into the server under test.
struct AllocationCount: Sendable {
  /// The table that the library fills: pairs of thread id and count, 64 bits each.
  private let table: String

  /// nil if the library isn't there.
  init?(folder: String) {
    guard FileManager.default.fileExists(atPath: Self.library) else { return nil }
    table = folder + "/allocations"
  }

  private static var library: String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "liballocation-counter.so").path
  }

  /// What the server is to be started with.
  var environment: [String: String] { ["LD_PRELOAD": Self.library, "EARSHOT_ALLOCATIONS": table] }

  /// What the media threads of that process have asked of the heap since its start; nil if nothing was counted.
  func media(of process: pid_t) -> UInt64? {
    guard let data = FileManager.default.contents(atPath: table) else { return nil }
    let words = data.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    let counts = stride(from: 0, to: words.count - 1, by: 2).compactMap { index -> UInt64? in
      guard words[index] != 0 else { return nil }
      let name = FileManager.default.contents(atPath: "/proc/\(process)/task/\(words[index])/comm")
      return name.map { String(decoding: $0, as: UTF8.self) }?.hasPrefix("media-") == true
        ? words[index + 1] : nil
    }
    return counts.isEmpty ? nil : counts.reduce(0, +)
  }
}
