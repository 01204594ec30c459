/// The parts of a `sip:` URI that Earshot makes itself (RFC 3261 section 19.1).
package struct SIPURI: Hashable, Sendable, CustomStringConvertible {
  /// Not encoded.
  package var user: String
  /// Address or name; an IPv6 address without its brackets.
  package var host: String
  package var port: UInt16?

  package init(user: String = "", host: String, port: UInt16? = nil) {
    self.user = user
    self.host = host
    self.port = port
  }

  package var description: String {
    let host = Self.host(host)
    let address = port.map { "\(host):\($0)" } ?? host
    return user.isEmpty ? "sip:\(address)" : "sip:\(Self.encoded(user))@\(address)"
  }

  /// An IPv6 address in its brackets; anything else as it stands.
  package static func host(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  /// Percent-encodes what may not stand in a user part: all but `unreserved` and `user-unreserved` (without `;` and
  /// `?`, over which some phones stumble).
  package static func encoded(_ user: String) -> String {
    var result = ""
    for byte in user.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case _ where "-_.!~*'()&=+$,/".utf8.contains(byte): result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += byte < 16 ? "%0" : "%"
        result += String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  /// Undoes percent-encoding; a `%` that begins no code stays.
  package static func decoded(_ text: String) -> String {
    guard text.contains("%") else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        result.append(value)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
