import Foundation
import FoundationXML
import Testing

@testable import earshot

@Suite("X5 plots of the bench")
struct PlotTests {
  private let plot = Plot(
    title: "CPU <per> call & minute", xLabel: "calls", yLabel: "s",
    lines: [
      .init(name: "plain", points: [.init(x: 100, y: 0.03), .init(x: 1_000, y: 0.041)]),
      .init(name: "listened", points: [.init(x: 100, y: 0.05), .init(x: 800, y: 0.052)]),
    ], must: 0.055)

  @Test("the drawing is XML, names its lines, and keeps all points within its frame")
  func wellFormed() throws {
    let reader = Reader()
    let parser = XMLParser(data: Data(plot.svg.utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(parser.parserError as Any)")
    #expect(reader.circles.count == 4)
    for circle in reader.circles { #expect((64...624).contains(circle.x) && (40...312).contains(circle.y)) }
    // More cost stands higher.
    #expect(reader.circles[0].y > reader.circles[1].y)
    for text in ["plain", "listened", "CPU <per> call & minute", "calls"] {
      #expect(reader.text.contains(text))
    }
    #expect(reader.text.contains { $0.hasPrefix("must") })
  }

  @Test("nothing measured, or nothing but zero, is drawn as an empty frame")
  func empty() {
    for lines in [
      [], [Plot.Line(name: "none", points: [])], [.init(name: "zero", points: [.init(x: 0, y: 0)])],
    ] {
      let parser = XMLParser(data: Data(Plot(title: "", xLabel: "", yLabel: "", lines: lines).svg.utf8))
      #expect(parser.parse())
    }
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var circles: [(x: Double, y: Double)] = []
    var text: [String] = []
    private var isText = false

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      isText = name == "text"
      if isText { text.append("") }
      if name == "circle" {
        circles.append((Double(attributes["cx"] ?? "") ?? .nan, Double(attributes["cy"] ?? "") ?? .nan))
      }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
      isText = false
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if isText { text[text.count - 1] += string }
    }
  }
}
