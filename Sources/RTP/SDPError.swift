/// Why a text is not a session description that Earshot reads.
package struct SDPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Counted from 1; 0 if the text as a whole is meant.
  package let line: Int
  package let problem: String
  package let remedy: String

  package var description: String {
    line == 0 ? "SDP: \(problem); \(remedy)" : "SDP line \(line): \(problem); \(remedy)"
  }
}
