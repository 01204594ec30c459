import Phones

/// What `Benchmarks/browser.py` has seen, and the figures that follow. What a part of it couldn't measure is nil. Times in
/// ms. A plain value.
struct BrowserReport: Hashable, Sendable, Decodable {
  /// Bytes over the wire, by page.
  var weights: [String: Double]?
  /// Navigation → first row.
  var firstList: [Double]?
  /// Click → first sample, the first of a page and the later ones.
  var firstListens: [Double]?
  var listens: [Double]?
  /// Request → answer, of changes of the mode.
  var modes: [Double]?
  /// Script, style and layout of each update of the list.
  var updates: [Double]?
  /// Script, style and layout of all that the page does, in a second.
  var pageLoad: Double?
  /// Calls on the page.
  var rows: Int?
  /// When beeps were captured, since 1970.
  var beeps: [Double]?
  /// Why a part failed, by its name in the script.
  var faults: [String: String]

  /// - Parameter heard: when beeps came to the agent, ms since 1970.
  func figures(heard: [Double]) -> [BenchFigure] {
    [
      times(
        "listen", "click on Listen → first sample heard in the browser", listens, part: "listens", below: 500),
      times("first-listen", "the same, first click on a fresh page", firstListens, part: "loads", below: nil),
      times("mode", "change of mode, request → answer in the browser", modes, part: "modes", below: 100),
      update, firstRow, weight, mouthToEar(heard: heard),
    ]
  }

  /// From each beep's capture to the agent's first packet with it. The first is left out: the key may have been
  /// pressed within it.
  func mouthToEar(heard: [Double]) -> BenchFigure {
    let captured = (beeps ?? []).sorted()
    let times = heard.sorted().dropFirst().compactMap { time in
      captured.last { $0 <= time }.map { time - $0 }
    }
    return self.times(
      "mouth-to-ear",
      "whisper, the browser's microphone → agent's packet (browser's capture, a frame of Opus, network, Earshot)",
      beeps == nil ? nil : times.filter { $0 < 500 }, part: "whisper", below: nil)
  }

  private var update: BenchFigure {
    var figure = times(
      "update", "update of the floor page with \(rows ?? 0) calls: its script, style and layout", updates,
      part: "updates", below: 8)
    if let pageLoad {
      figure.measured += "; the whole page with its ticks \(Bench.text(pageLoad, 1)) ms a second"
    }
    return figure
  }

  private var firstRow: BenchFigure {
    times(
      "first-list", "navigation → first row of \(rows ?? 0) calls, empty cache", firstList, part: "loads",
      below: 1_000)
  }

  private var weight: BenchFigure {
    let (name, must) = ("weight of a page over the wire, empty cache", "< 300 kB")
    guard let weights, let heaviest = weights.values.max() else {
      return failed("weight", name, must, "weights")
    }
    let words = weights.sorted { $0.key < $1.key }.map { "\($0.key) \(Bench.text($0.value / 1_000, 0)) kB" }
    return BenchFigure(
      id: "browser-weight", figure: name, must: must, measured: words.joined(separator: ", "),
      isMet: heaviest > 0 && heaviest < 300_000, value: heaviest / 1_000)
  }

  /// - Parameter limit: for the median; nil: it isn't judged.
  private func times(
    _ id: String, _ name: String, _ times: [Double]?, part: String, below limit: Double?
  ) -> BenchFigure {
    let must = limit.map { "median < \(Bench.text($0, 0)) ms" } ?? "–"
    guard let times, !times.isEmpty else { return failed(id, name, must, part) }
    let sorted = times.sorted()
    let at = { (share: Double) in sorted[Int((share * Double(sorted.count)).rounded(.up)) - 1] }
    let digits = at(0.5) < 20 ? 1 : 0
    var figure = BenchFigure(
      id: "browser-\(id)", figure: name, must: must,
      measured:
        "median \(Bench.text(at(0.5), digits)) ms, p95 \(Bench.text(at(0.95), digits)) (\(sorted.count) times)",
      isMet: limit.map { at(0.5) < $0 }, value: at(0.5))
    if let fault = faults[part] {
      figure.measured += "; then: \(fault)"
      figure.isMet = false
    }
    return figure
  }

  private func failed(_ id: String, _ name: String, _ must: String, _ part: String) -> BenchFigure {
    BenchFigure(
      id: "browser-\(id)", figure: name, must: must, measured: faults[part] ?? "nothing came of it",
      isMet: false)
  }

  /// Without a browser.
  static let unmeasured = BenchFigure(
    id: "browser", figure: "the pages in a browser", must: "–",
    measured: "not measured: scripts/bootstrap test")
}
