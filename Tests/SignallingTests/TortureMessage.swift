import Foundation
import Testing

/// One message of RFC 4475: its bytes, what Earshot answers, and why that is right.
struct TortureMessage: Sendable, CustomTestStringConvertible {
  enum Answer: Hashable, Sendable {
    /// One final answer with this status, and a line in it that begins so.
    case status(Int, line: String? = nil)
    /// No answer: it is one itself, or there is nothing to address an answer by.
    case silence
    /// A call that reaches the control, for this called and from this calling user.
    case call(to: String, from: String)
  }

  /// Of the RFC.
  let section: String
  /// The RFC's name for it, and its file's.
  let name: String
  /// To the trunk, who may send everything.
  let trunk: Answer
  /// To somebody unknown.
  let stranger: Answer
  /// To a user's phone, with that user's credentials added; nil where they make no difference.
  let user: (name: String, answer: Answer)?
  /// What the RFC asks for, and what is done.
  let why: String

  init(
    _ section: String, _ name: String, trunk: Answer, stranger: Answer? = nil,
    user: (name: String, answer: Answer)? = nil, _ why: String
  ) {
    self.section = section
    self.name = name
    self.trunk = trunk
    self.stranger = stranger ?? trunk
    self.user = user
    self.why = why
  }

  var testDescription: String { "X4 RFC 4475 \(section) \(name): \(why)" }

  /// As the RFC has it.
  func bytes() throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Torture")
    return [UInt8](try Data(contentsOf: folder.appending(path: "\(name).dat")))
  }

  /// As the RFC has it, but come over UDP: the first Via of some says that they came by TCP or TLS.
  func overUDP() throws -> [UInt8] {
    var bytes = try bytes()
    for transport in ["SIP/2.0/TCP ", "SIP/2.0/TLS "] {
      guard let via = bytes.firstRange(of: Array("Via: SIP/".utf8)),
        let range = bytes.firstRange(of: Array(transport.utf8)), range.lowerBound == via.lowerBound + 5
      else { continue }
      bytes.replaceSubrange(range, with: Array("SIP/2.0/UDP ".utf8))
    }
    return bytes
  }

  /// Whether the message's own Via names a transport that it doesn't come by here.
  func claimsAnotherTransport() throws -> Bool { try bytes() != overUDP() }
}
