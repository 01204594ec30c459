/// A figure for Prometheus.
package struct Metric: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case counter, gauge
  }

  package struct Sample: Hashable, Sendable {
    /// In this order.
    package var labels: [Label]
    package var value: Double

    package init(_ value: Double, labels: [Label] = []) {
      self.value = value
      self.labels = labels
    }
  }

  package struct Label: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// `earshot_…`, with its unit: `_seconds`, `_bytes`, `_total` for counters.
  package var name: String
  package var help: String
  package var kind: Kind
  package var samples: [Sample]

  package init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  package init(_ name: String, _ kind: Kind, help: String, value: Double) {
    self.init(name, kind, help: help, samples: [Sample(value)])
  }

  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The text format of Prometheus, version 0.0.4.
  package static func exposition(of metrics: [Metric]) -> String {
    metrics.map(\.exposition).joined()
  }

  private var exposition: String {
    let heading = "# HELP \(name) \(Self.escape(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    return samples.reduce(into: heading) { text, sample in
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }
      text += name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
      text += " \(Self.text(sample.value))\n"
    }
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map(String.init) ?? String(value)
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    if quotes { escaped = escaped.replacing("\"", with: "\\\"") }
    return escaped
  }
}
