import Foundation

/// The passwords of the demo's people, made once for a folder and kept there, so that softphones needn't be told new
/// ones at each start.
struct DemoAccounts {
  private var secrets: [String: String] = [:]

  /// People beside the simulated ones, for softphones of your own.
  static let customer = "carol"
  static let agent = "dave"
  static let supervisor = "sue"
  static let token = "token"

  /// - Parameter file: mode 600; made if it isn't there.
  init(file: String, names: [String]) throws {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 2 { secrets[words[0]] = words[1] }
    }
    let all = names + [Self.customer, Self.agent, Self.supervisor]
    for name in all where secrets[name] == nil { secrets[name] = Self.secret(letters: 8) }
    if secrets[Self.token] == nil { secrets[Self.token] = Self.secret(letters: 32) }
    let lines = secrets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    try PrivateFile.write(lines, to: file)
  }

  subscript(_ name: String) -> String { secrets[name] ?? "" }

  /// Letters that nobody mistakes for one another.
  private static func secret(letters: Int) -> String {
    var system = SystemRandomNumberGenerator()
    return String(
      (0..<letters).map { _ in "abcdefghjkmnpqrstuvwxyz23456789".randomElement(using: &system) ?? "x" })
  }
}

/// A file that holds secrets: mode 600 from its first byte on.
enum PrivateFile {
  static func write(_ text: String, to file: String) throws {
    let isWritten = FileManager.default.createFile(
      atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    guard isWritten else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: file]) }
  }
}
