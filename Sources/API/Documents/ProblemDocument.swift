/// RFC 9457: what went wrong, for programs (`type`) and for people (`detail`).
package struct ProblemDocument: Hashable, Sendable, Codable {
  /// `urn:earshot:problem:<slug>`.
  package var type: String
  package var title: String
  package var status: Int
  /// What happened and what to do.
  package var detail: String
  /// The path of the request.
  package var instance: String?
}
