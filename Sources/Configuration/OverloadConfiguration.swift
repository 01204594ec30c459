/// From which load on less is begun: `overload` of the file.
package struct OverloadConfiguration: Hashable, Sendable {
  /// Per cent of the busiest media worker's time from which on no supervision is begun.
  package var supervision = 75
  /// The same for calls.
  package var calls = 90

  package init() {}
}

extension OverloadConfiguration {
  init(_ reader: SectionReader) {
    supervision = reader.integer("supervision", in: 1...101, unit: "%", default: supervision)
    calls = reader.integer("calls", in: 1...101, unit: "%", default: calls)
    reader.finish()
    if supervision > calls {
      reader.fault(
        "supervision",
        "is \(supervision) %, above the \(calls) % of calls: calls would be refused before supervision.",
        remedy: "Give supervision the lower share.")
    }
  }
}
