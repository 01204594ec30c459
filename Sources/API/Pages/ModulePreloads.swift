import Foundation

/// Tells the browser of every module of a page at once. Without it each is found only after the one that imports it has
/// come, and a page of many small modules waits a round trip for every step of the chain.
struct ModulePreloads {
  let assets: [String: ConsoleFolder.Asset]

  /// `page` with a `modulepreload` (HTML, section 4.6.7.12) for every module that its module scripts import.
  func added(to page: String) -> String {
    page.replacing(Self.script.anchorsMatchLineEndings()) { script in
      let links = imported(by: String(script.2)).map {
        #"\#(script.1)<link rel="modulepreload" href="%ASSETS%/\#($0)">"# + "\n"
      }
      return links.joined() + script.0
    }
  }

  private static var script: Regex<(Substring, Substring, Substring)> {
    #/^([ \t]*)<script type="module" src="%ASSETS%\/([^"]+)"/#
  }

  /// The modules that `root` needs, near ones first, itself left out.
  private func imported(by root: String) -> [String] {
    var found = [root]
    var next = 0
    while next < found.count {
      defer { next += 1 }
      guard let module = assets[found[next]] else { continue }
      let folder = URL(filePath: "/" + found[next]).deletingLastPathComponent()
      for statement in String(decoding: module.body, as: UTF8.self).matches(of: Self.statement) {
        let name = String(folder.appending(path: String(statement.1)).standardized.path.dropFirst())
        if assets[name] != nil, !found.contains(name) { found.append(name) }
      }
    }
    return Array(found.dropFirst())
  }

  /// A static import or re-export of a module of the folder. One in `import(…)` waits for its use.
  private static var statement: Regex<(Substring, Substring)> { #/(?:from|import)\s*['"](\.[^'"]+)['"]/# }
}
