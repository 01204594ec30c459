extension SessionDescription {
  /// Bytes of the longest description that is read.
  package static let maximumLength = 65_536
  package static let maximumLines = 2_000
  package static let maximumMedia = 32

  /// Reads a description of any origin (RFC 8866, section 9). Takes line ends with or without CR, a missing
  /// `s=` or `t=`, lines of kinds that it does not know, and empty lines at the end.
  /// - Throws: `SDPError` with the line, what is wrong with it, and what would be right.
  package init(parsing text: String) throws(SDPError) {
    guard text.utf8.count <= Self.maximumLength else {
      throw SDPError(
        line: 0, problem: "\(text.utf8.count) bytes", remedy: "send at most \(Self.maximumLength)")
    }
    var reader = SDPReader()
    var number = 0
    // A CR LF is one Character, so the text is cut by bytes.
    for slice in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard number <= Self.maximumLines else {
        throw SDPError(line: number, problem: "too many lines", remedy: "send at most \(Self.maximumLines)")
      }
      let bytes = slice.last == UInt8(ascii: "\r") ? slice.dropLast() : slice
      guard !bytes.isEmpty else { continue }
      guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) else {
        throw SDPError(line: number, problem: "a control character", remedy: "send text")
      }
      try reader.read(String(decoding: bytes, as: UTF8.self), line: number)
    }
    self = try reader.finish()
  }
}

/// Collects a description line by line.
private struct SDPReader {
  private var hasVersion = false
  private var origin: SessionDescription.Origin?
  private var session = SessionDescription(
    origin: .init(sessionID: "0", version: 0, address: .init("0.0.0.0")))
  private var timing: [String] = []

  mutating func read(_ text: String, line: Int) throws(SDPError) {
    let bytes = text.utf8
    guard bytes.count >= 2, bytes[bytes.index(after: bytes.startIndex)] == UInt8(ascii: "=") else {
      throw SDPError(line: line, problem: "no \"x=\" at its start", remedy: "write a type letter and =")
    }
    let value = String(Substring(bytes.dropFirst(2)))
    guard hasVersion else {
      guard text == "v=0" else {
        throw SDPError(line: line, problem: "the description starts otherwise", remedy: "start with v=0")
      }
      hasVersion = true
      return
    }
    switch text.first {
    case "v": throw SDPError(line: line, problem: "a second v=", remedy: "send one description")
    case "o": origin = try readOrigin(value, line: line)
    case "s": session.name = value
    case "c": try readConnection(value, line: line)
    case "t": if session.media.isEmpty { timing.append(value) }
    case "m": try readMedia(value, line: line)
    case "a": readAttribute(value)
    case "b": edit(session: { $0.bandwidth.append(value) }, medium: { $0.bandwidth.append(value) })
    case "i": edit(session: { _ in }, medium: { $0.title = value })
    default: break
    }
  }

  func finish() throws(SDPError) -> SessionDescription {
    guard hasVersion else {
      throw SDPError(line: 0, problem: "it is empty", remedy: "send v=, o=, s=, t= and m= lines")
    }
    guard let origin else {
      throw SDPError(
        line: 0, problem: "no o= line", remedy: "add: o=- <id> <version> IN IP4 <address>")
    }
    var result = session
    result.origin = origin
    if !timing.isEmpty { result.timing = timing }
    return result
  }

  /// Applies to the last medium, or to the session while there is none.
  private mutating func edit(
    session change: (inout SessionDescription) -> Void, medium: (inout MediaDescription) -> Void
  ) {
    if session.media.isEmpty {
      change(&session)
    } else {
      medium(&session.media[session.media.count - 1])
    }
  }

  private mutating func readAttribute(_ value: String) {
    let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let attribute = SessionDescription.Attribute(
      String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
    edit(session: { $0.attributes.append(attribute) }, medium: { $0.attributes.append(attribute) })
  }

  private mutating func readConnection(_ value: String, line: Int) throws(SDPError) {
    let fields = value.split(separator: " ").map(String.init)
    let connection = try readAddress(fields, line: line)
    // Several c= lines of one medium are multicast layers; the first is the one that counts.
    edit(
      session: { $0.connection = $0.connection ?? connection },
      medium: { $0.connection = $0.connection ?? connection })
  }

  private func readAddress(
    _ fields: [String], line: Int
  ) throws(SDPError) -> SessionDescription.Connection {
    guard fields.count == 3, fields[0] == "IN", fields[1] == "IP4" || fields[1] == "IP6" else {
      throw SDPError(
        line: line, problem: "no internet address", remedy: "write IN IP4 or IN IP6 and an address")
    }
    return SessionDescription.Connection(type: fields[1], address: fields[2])
  }

  private func readOrigin(
    _ value: String, line: Int
  ) throws(SDPError) -> SessionDescription.Origin {
    let fields = value.split(separator: " ").map(String.init)
    guard fields.count == 6, fields[2].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw SDPError(
        line: line, problem: "an o= line that can't be read",
        remedy: "write: o=<user> <id> <version> IN IP4 <address>")
    }
    return SessionDescription.Origin(
      username: fields[0], sessionID: fields[1], version: UInt64(fields[2]) ?? .max,
      address: try readAddress(Array(fields[3...]), line: line))
  }

  private mutating func readMedia(_ value: String, line: Int) throws(SDPError) {
    let fields = value.split(separator: " ").map(String.init)
    // A count of ports (layered multicast) may follow the port.
    guard fields.count >= 4, let port = fields[1].split(separator: "/").first.flatMap({ UInt16($0) }) else {
      throw SDPError(
        line: line, problem: "an m= line that can't be read",
        remedy: "write: m=audio <port 0-65535> RTP/AVP <payload types>")
    }
    guard session.media.count < SessionDescription.maximumMedia else {
      throw SDPError(
        line: line, problem: "too many media", remedy: "send at most \(SessionDescription.maximumMedia)")
    }
    session.media.append(
      MediaDescription(
        kind: fields[0], port: port, transport: fields[2], formats: Array(fields[3...])))
  }
}
