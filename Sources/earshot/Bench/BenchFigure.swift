import Foundation

/// One line of the bench: what was measured and what it must be. A plain value.
struct BenchFigure: Hashable, Sendable, Codable {
  /// Stable, for programs.
  var id: String
  var figure: String
  var must: String
  var measured: String
  /// nil: measured, but not judged, or not measured.
  var isMet: Bool?
  /// In the figure's own unit, where it is one number.
  var value: Double?
  /// How it came to be, where one number doesn't say it.
  var plot: Plot?
}

/// All figures, with where and when they were taken.
struct BenchReport: Hashable, Sendable, Codable {
  var machine: String
  var date: String
  var settings: String
  var figures: [BenchFigure]

  var isMet: Bool { figures.allSatisfy { $0.isMet != false } }

  /// As a table for Markdown.
  var table: String {
    let rows = figures.map { figure in
      let verdict = figure.isMet.map { $0 ? "✓" : "✗" } ?? ""
      return "| \(figure.figure) | \(figure.must) | \(figure.measured) | \(verdict) |"
    }
    return
      (["| figure | must | measured | |", "|---|---|---|---|"] + rows + [
        "", "Measured on \(date): \(machine); \(settings).",
      ]).joined(separator: "\n")
  }

  /// Draws the plots into a folder; their names are the figures'.
  func draw(into folder: String) throws {
    for figure in figures {
      guard let plot = figure.plot else { continue }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try plot.svg.write(toFile: "\(folder)/\(figure.id).svg", atomically: true, encoding: .utf8)
    }
  }

  /// The page with its table (from the line that begins with `| figure` to the next heading or the end) replaced.
  func rewritten(page: String) -> String {
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = lines.firstIndex(where: { $0.hasPrefix("| figure") }) else {
      return page + "\n" + table + "\n"
    }
    let rest = lines[first...].firstIndex { $0.hasPrefix("#") }
    let after = rest.map { [""] + lines[$0...] } ?? [""]
    return (lines[..<first] + [table] + after).joined(separator: "\n")
  }
}
