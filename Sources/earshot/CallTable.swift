import API

/// The live list of calls as text: who speaks with whom, since when, in what state, and who supervises. Pure: the same
/// calls give the same lines.
struct CallTable {
  /// Columns of the terminal; what doesn't fit is cut.
  var width = 100
  /// ANSI colours.
  var isColoured = false

  private struct Column {
    var title: String
    var width: Int
  }

  /// The title line, a line for each call (oldest first), and a line that counts them.
  func lines(_ calls: [CallDocument]) -> [String] {
    let rows = calls.sorted { ($0.created, $0.id) < ($1.created, $1.id) }.map { cells($0) }
    let titles = ["TIME", "AGENT", "CUSTOMER", "QUEUE", "CAMPAIGN", "STATE", "SUPERVISION", "CALL"]
    let widths = titles.indices.map { column in
      ([titles] + rows.map { $0.map(\.text) }).map { $0[column].count }.max() ?? 0
    }
    let title = join(titles.map { Cell($0, .bold) }, widths)
    let supervised = calls.count { !$0.sessions.filter { $0.phase != "ended" }.isEmpty }
    return [title] + rows.map { join($0, widths) } + [
      "\(calls.count) \(calls.count == 1 ? "call" : "calls"), \(supervised) supervised"
    ]
  }

  private enum Style: String {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  private struct Cell {
    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .plain) {
      self.text = text
      self.style = style
    }
  }

  private func cells(_ call: CallDocument) -> [Cell] {
    let agents = call.participants.filter { $0.role == "agent" }
    let customers = call.participants.filter { $0.role == "customer" }
    let sessions = call.sessions.filter { $0.phase != "ended" }
    let modes = sessions.map { "\($0.supervisorName) \($0.phase == "live" ? $0.mode : $0.phase)" }
    let loudest = sessions.contains { $0.mode == "barge" || $0.mode == "takeover" }
    return [
      Cell(Self.duration(call.durationMs)),
      Cell(agents.isEmpty ? call.agents.joined(separator: ", ") : Self.names(agents)),
      Cell(customers.isEmpty ? call.customerNumber ?? "–" : Self.names(customers)),
      Cell(call.queue ?? "–"),
      Cell(call.campaign ?? "–"),
      state(call),
      Cell(
        modes.isEmpty ? "–" : modes.joined(separator: ", "), modes.isEmpty ? .dim : loudest ? .red : .cyan),
      Cell(call.id, .dim),
    ]
  }

  private func state(_ call: CallDocument) -> Cell {
    if let parking = call.parked { return Cell("parked at \(parking.slot)", .yellow) }
    if call.transferring { return Cell("transferring", .yellow) }
    guard call.heldBy.isEmpty else {
      let holders = call.participants.filter { call.heldBy.contains($0.id) }.map(\.role)
      return Cell("held by \(holders.joined(separator: ", "))", .yellow)
    }
    if call.conference, call.phase == "answered" { return Cell("conference", .green) }
    return call.phase == "answered" ? Cell("talking", .green) : Cell(call.phase, .yellow)
  }

  private static func names(_ participants: [CallDocument.ParticipantDocument]) -> String {
    participants.map { $0.name.isEmpty ? $0.address : $0.name }.joined(separator: ", ")
  }

  /// `m:ss`, from an hour on `h:mm:ss`.
  static func duration(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    let two = { (value: Int64) in value < 10 ? "0\(value)" : "\(value)" }
    guard seconds >= 3_600 else { return "\(seconds / 60):\(two(seconds % 60))" }
    return "\(seconds / 3_600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  private func join(_ cells: [Cell], _ widths: [Int]) -> String {
    var room = width
    var line = ""
    for (index, cell) in cells.enumerated() where room > 0 {
      let isLast = index == cells.count - 1
      // A terminal must not be made to do anything by a name that a stranger gave.
      let text = String(cell.text.map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? "?" : $0 })
      let padding = isLast ? 0 : widths[index] + 2 - text.count
      let padded = String((text + String(repeating: " ", count: max(padding, 0))).prefix(room))
      room -= padded.count
      line += isColoured && cell.style != .plain ? "\u{1B}[\(cell.style.rawValue)m\(padded)\u{1B}[0m" : padded
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
