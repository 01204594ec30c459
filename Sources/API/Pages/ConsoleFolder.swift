import COpenSSL
import Foundation

/// The files of the pages, read once into memory. What isn't in here can't be asked for, so no path leads out of the
/// folder; symbolic links aren't followed.
package struct ConsoleFolder: Sendable {
  struct Asset: Hashable, Sendable {
    var type: String
    var body: Data
  }

  /// Bytes of all files together; more isn't a console.
  private static let limit = 16 * 1024 * 1024

  private static let types = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
    "json": "application/json", "woff2": "font/woff2", "webmanifest": "application/manifest+json",
  ]

  /// By path within the folder: `styles/base.css`.
  let assets: [String: Asset]
  /// Of all names and contents: what is cached under it never changes.
  package let hash: String

  /// - Throws: what is wrong with the folder, as a sentence.
  package init(path: String) throws {
    var assets: [String: Asset] = [:]
    var total = 0
    for name in Self.files(in: path) {
      guard let type = Self.types[(name as NSString).pathExtension.lowercased()] else { continue }
      let body = try Data(contentsOf: URL(filePath: path + "/" + name))
      total += body.count
      guard total <= Self.limit else {
        throw Fault("the folder \(path) holds more than 16 MB; it is no console")
      }
      assets[name] = Asset(type: type, body: body)
    }
    self.init(assets: assets)
    guard Self.pageNames.allSatisfy({ assets[$0 + ".html"] != nil }) else {
      throw Fault(
        "the folder \(path) lacks one of \(Self.pageNames.map { $0 + ".html" }.joined(separator: ", "))")
    }
  }

  struct Fault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private init(assets: [String: Asset]) {
    self.assets = assets
    var bytes = Data()
    for (name, asset) in assets.sorted(by: { $0.key < $1.key }) {
      // With their lengths, so that no two folders run together to the same bytes.
      bytes.append(contentsOf: "\(name.utf8.count) \(name) \(asset.body.count) ".utf8)
      bytes.append(asset.body)
    }
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    bytes.withUnsafeBytes { _ = SHA256($0.bindMemory(to: UInt8.self).baseAddress, $0.count, &digest) }
    hash = digest.prefix(10).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static let pageNames = ["sign-in", "floor", "phone"]

  /// The pages by name, with the place of the assets and of the modules filled in.
  var pages: [String: Data] {
    var pages: [String: Data] = [:]
    for name in Self.pageNames {
      guard let asset = assets[name + ".html"] else { continue }
      let text = String(decoding: asset.body, as: UTF8.self)
      let whole = ModulePreloads(assets: assets).added(to: text)
      pages[name] = Data(whole.replacing("%ASSETS%", with: "/assets/" + hash).utf8)
    }
    return pages
  }

  /// Regular files below `path`, without hidden ones.
  private static func files(in path: String) -> [String] {
    let root = URL(filePath: path).resolvingSymlinksInPath()
    let keys: [URLResourceKey] = [.isRegularFileKey, .isSymbolicLinkKey]
    guard
      let walker = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: keys, options: [.skipsHiddenFiles])
    else { return [] }
    return walker.compactMap { entry in
      guard let file = entry as? URL, let values = try? file.resourceValues(forKeys: Set(keys)),
        values.isRegularFile == true, values.isSymbolicLink != true
      else { return nil }
      return String(file.path.dropFirst(root.path.count + 1))
    }
  }
}
