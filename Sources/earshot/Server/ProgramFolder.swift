import Foundation

/// Where the files lie that go with the program: in the working directory, or in one above the program itself.
enum ProgramFolder {
  /// - Parameter file: relative, for example `Console/floor.html`.
  /// - Returns: the first folder in which it is; nil if none has it.
  static func holding(_ file: String) -> String? {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    var candidates = ["."]
    while folder.path != "/" {
      candidates.append(folder.path)
      folder.deleteLastPathComponent()
    }
    return candidates.first { FileManager.default.fileExists(atPath: "\($0)/\(file)") }
  }
}
