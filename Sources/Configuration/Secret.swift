import Foundation

/// Where the reading of a configuration gets what isn't in the file itself.
struct ReadingContext {
  var environment: [String: String]
  /// Whether folders, secret files and their permissions are looked at. Off for a text that has no file.
  var checksFiles: Bool
  /// Permission bits of the configuration file; nil where there is none.
  var fileMode: UInt16?
}

extension SectionReader {
  /// A password or token: as text, `{ env: "NAME" }` or `{ file: "path" }`. nil where the key is missing.
  func secret(_ key: String, in context: ReadingContext) -> String? {
    guard let value = value(key) else { return nil }
    switch value.kind {
    case .null: return nil
    case .string(let secret): return plainSecret(secret, key, context)
    case .object: return outsideSecret(section(key), key, context)
    default:
      fault(key, "is \(value.description).", remedy: "Give text, { env: \"NAME\" } or { file: \"path\" }.")
      return nil
    }
  }

  private func plainSecret(_ secret: String, _ key: String, _ context: ReadingContext) -> String? {
    if secret.isEmpty {
      fault(key, "is empty.", remedy: "Give a secret, or leave the key out.")
      return nil
    }
    if let mode = context.fileMode, mode & 0o007 != 0 {
      fault(
        key, "stands in a file that everybody on this machine may use (mode \(String(mode, radix: 8))).",
        remedy: "chmod o= on the configuration, or give { env: \"NAME\" } or { file: \"path\" }.")
    }
    return secret
  }

  private func outsideSecret(_ source: SectionReader, _ key: String, _ context: ReadingContext) -> String? {
    let name = source.text("env")
    let file = source.text("file")
    source.finish()
    switch (name, file) {
    case (let name?, nil):
      if let secret = context.environment[name], !secret.isEmpty { return secret }
      fault(key, "the environment variable \(name) is not set.", remedy: "Set \(name) before the start.")
    case (nil, let file?):
      return context.checksFiles ? secret(inFile: file, key) : nil
    default:
      fault(key, "names no source, or two.", remedy: "Give either { env: \"NAME\" } or { file: \"path\" }.")
    }
    return nil
  }

  private func secret(inFile file: String, _ key: String) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      fault(
        key, "the file \(file) can't be read.", remedy: "Create it, readable by the user that runs Earshot.")
      return nil
    }
    if let mode = FileMode.of(file), mode & 0o077 != 0 {
      fault(
        key, "the file \(file) may be used by others (mode \(String(mode, radix: 8))).",
        remedy: "chmod 600 \(file)")
    }
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if secret.isEmpty { fault(key, "the file \(file) is empty.", remedy: "Write the secret into it.") }
    return secret.isEmpty ? nil : secret
  }
}

enum FileMode {
  /// Permission bits; nil where there is no such file.
  static func of(_ path: String) -> UInt16? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.posixPermissions] as? NSNumber)?.uint16Value
  }
}
