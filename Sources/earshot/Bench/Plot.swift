import Foundation

/// Lines over a common axis, drawn as SVG: small, without script, readable in light and dark.
struct Plot: Hashable, Sendable, Codable {
  struct Line: Hashable, Sendable, Codable {
    var name: String
    var points: [Point]
  }

  struct Point: Hashable, Sendable, Codable {
    var x: Double
    var y: Double
  }

  var title: String
  var xLabel: String
  var yLabel: String
  var lines: [Line]
  /// Where the figure must stay below; nil: nowhere.
  var must: Double?

  private static let (width, height) = (640.0, 360.0)
  private static let (left, right, top, bottom) = (64.0, 16.0, 40.0, 48.0)
  /// Told apart without colour too: each has a dash of its own.
  private static let strokes = [
    ("#1f77b4", ""), ("#d95f02", "6 3"), ("#2ca02c", "2 3"), ("#9467bd", "8 3 2 3"),
  ]

  var svg: String {
    let points = lines.flatMap(\.points)
    let xStep = Self.step(points.map(\.x).max() ?? 1)
    let yStep = Self.step(max(points.map(\.y).max() ?? 1, must ?? 0))
    let xMost = (max(points.map(\.x).max() ?? 1, xStep) / xStep).rounded(.up) * xStep
    let yMost = (max(points.map(\.y).max() ?? 1, must ?? 0, yStep) / yStep).rounded(.up) * yStep
    func x(_ value: Double) -> String {
      Self.text(Self.left + value / xMost * (Self.width - Self.left - Self.right))
    }
    func y(_ value: Double) -> String {
      Self.text(Self.height - Self.bottom - value / yMost * (Self.height - Self.top - Self.bottom))
    }
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" "
        + "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">",
      "<title>\(Self.escaped(title))</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      "<text x=\"\(Self.text(Self.left))\" y=\"20\" font-size=\"14\" font-weight=\"bold\">\(Self.escaped(title))</text>",
    ]
    for tick in stride(from: 0, through: yMost + yStep / 2, by: yStep) {
      parts.append(
        "<path d=\"M\(x(0)) \(y(tick))H\(x(xMost))\" stroke=\"#dddddd\"/>"
          + "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(y(tick))\" text-anchor=\"end\" dy=\"4\">\(Self.number(tick))</text>"
      )
    }
    for tick in stride(from: 0, through: xMost + xStep / 2, by: xStep) {
      parts.append(
        "<text x=\"\(x(tick))\" y=\"\(Self.text(Self.height - Self.bottom + 18))\" text-anchor=\"middle\">\(Self.number(tick))</text>"
      )
    }
    parts.append(
      "<text x=\"\(x(xMost / 2))\" y=\"\(Self.text(Self.height - 8))\" text-anchor=\"middle\">\(Self.escaped(xLabel))</text>"
    )
    parts.append(
      "<text transform=\"translate(14 \(y(yMost / 2))) rotate(-90)\" text-anchor=\"middle\">\(Self.escaped(yLabel))</text>"
    )
    if let must {
      parts.append(
        "<path d=\"M\(x(0)) \(y(must))H\(x(xMost))\" stroke=\"#b00020\" stroke-dasharray=\"3 3\"/>"
          + "<text x=\"\(x(xMost))\" y=\"\(y(must))\" dy=\"-4\" text-anchor=\"end\" fill=\"#b00020\">must: \(Self.number(must))</text>"
      )
    }
    for (index, line) in lines.enumerated() {
      let (colour, dash) = Self.strokes[index % Self.strokes.count]
      let path = line.points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
      parts.append(
        "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-dasharray=\"\(dash)\"/>"
      )
      parts += line.points.map { "<circle cx=\"\(x($0.x))\" cy=\"\(y($0.y))\" r=\"3\" fill=\"\(colour)\"/>" }
      let height = Self.top + 4 + Double(index) * 16
      parts.append(
        "<path d=\"M\(Self.text(Self.left + 12)) \(Self.text(height))h24\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-dasharray=\"\(dash)\"/>"
          + "<text x=\"\(Self.text(Self.left + 42))\" y=\"\(Self.text(height + 4))\">\(Self.escaped(line.name))</text>"
      )
    }
    parts.append("</svg>")
    return parts.joined(separator: "\n") + "\n"
  }

  /// A round distance of ticks, so that there are four to nine of them.
  private static func step(_ most: Double) -> Double {
    guard most > 0 else { return 1 }
    let magnitude = pow(10, (log10(most)).rounded(.down))
    let share = most / magnitude
    return magnitude * (share < 2 ? 0.25 : share < 5 ? 0.5 : 1)
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e7
      ? String(Int(value)) : String(format: abs(value) < 0.1 ? "%.3f" : "%.2f", value)
  }

  private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
