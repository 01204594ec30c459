/// What is logged and how: `log` of the file. The log goes to standard error.
package struct LogConfiguration: Hashable, Sendable {
  package enum Level: String, Hashable, Sendable, CaseIterable {
    case debug, info, warning, error
  }

  package enum Format: String, Hashable, Sendable, CaseIterable {
    /// A line for people.
    case text
    /// A JSON object per line.
    case json
  }

  package var level = Level.info
  package var format = Format.text

  package init() {}
}

extension LogConfiguration {
  init(_ reader: SectionReader) {
    level = reader.choice("level", default: level)
    format = reader.choice("format", default: format)
    reader.finish()
  }
}
