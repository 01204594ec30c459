import Supervision

/// A matrix written as the design draws it: columns speak, rows hear, `x` voice, `T` text only, `.` nothing.
///
///                customer agent superv.
///     customer       .      x     .
///
/// The same tables say what the rules shall route and which tones shall be at an ear.
package struct MatrixTable: Sendable {
  private let cells: [(from: String, to: String, cell: String)]

  package init(_ table: String) {
    let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let columns = lines[0]
    cells = lines.dropFirst().flatMap { line in
      precondition(line.count == columns.count + 1, "a row of the table is too long or too short: \(line)")
      return zip(columns, line.dropFirst()).map { column, cell in
        precondition(["x", "T", "."].contains(cell), "'\(cell)' is no cell of a matrix table")
        return (column, line[0], cell)
      }
    }
  }

  /// Whom `listener` hears, by the table's words.
  package func hears(_ listener: String) -> Set<String> {
    Set(cells.filter { $0.to == listener && $0.cell == "x" }.map(\.from))
  }

  package var listeners: Set<String> { Set(cells.map(\.to)) }

  /// The routes that it asks for.
  /// - Parameter names: what the table's words stand for.
  package func voice(_ names: [String: ParticipantID]) -> Set<Route> { routes("x", .voice, names) }

  package func textOnly(_ names: [String: ParticipantID]) -> Set<Route> { routes("T", .text, names) }

  private func routes(_ cell: String, _ medium: Medium, _ names: [String: ParticipantID]) -> Set<Route> {
    Set(
      cells.filter { $0.cell == cell }.map { entry in
        guard let from = names[entry.from], let to = names[entry.to] else {
          preconditionFailure("the table speaks of \(entry.from) and \(entry.to); name them")
        }
        return Route(medium, from: from, to: to)
      })
  }
}
