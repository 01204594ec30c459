import Foundation

/// How RTP is protected by keys that stand in the descriptions themselves: one `a=crypto` line (RFC 4568).
package struct CryptoAttribute: Hashable, Sendable {
  /// What we take of the registered suites, the preferred first (RFC 7714 section 14.2, RFC 4568 section 6.2).
  package enum Suite: String, Hashable, Sendable, CaseIterable {
    case aes128GCM = "AEAD_AES_128_GCM"
    case aes128CounterSHA1 = "AES_CM_128_HMAC_SHA1_80"

    /// Bytes of master key and master salt.
    package var secretLength: Int { self == .aes128GCM ? 28 : 30 }
  }

  /// 1 to 9 digits; an answer bears that of the line that it takes.
  package var tag: Int
  package var suite: Suite
  /// Master key, then master salt.
  package var secret: [UInt8]

  package init(tag: Int, suite: Suite, secret: [UInt8]) {
    self.tag = tag
    self.suite = suite
    self.secret = secret
  }

  /// Reads the value of an `a=crypto` line; nil for what we can't do: another suite, several keys, an MKI, session
  /// parameters that would change how packets are made (section 6.3).
  package init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count >= 3, parts[0].utf8.count <= 9, let tag = Int(parts[0]), tag >= 0,
      let suite = Suite(rawValue: parts[1].uppercased()), parts[2].lowercased().hasPrefix("inline:")
    else { return nil }
    let harmless = parts.dropFirst(3).allSatisfy { parameter in
      let name = parameter.split(separator: "=")[0].uppercased()
      return name == "WSH" || name.hasPrefix("-")
    }
    // A lifetime may follow: a call is over long before it. An MKI may not: it would stand in every packet.
    let fields = parts[2].dropFirst(7).split(separator: "|", omittingEmptySubsequences: false)
    let hasIdentifier = fields.dropFirst().contains { $0.contains(":") }
    guard harmless, !hasIdentifier, !parts[2].contains(";"), let secret = Self.decoded(fields[0]),
      secret.count == suite.secretLength
    else { return nil }
    self.init(tag: tag, suite: suite, secret: secret)
  }

  /// The value of our line.
  package var text: String { "\(tag) \(suite.rawValue) inline:\(Data(secret).base64EncodedString())" }

  /// The line that is taken of those that a medium has: the best suite, then their order.
  package static func best(of medium: MediaDescription) -> CryptoAttribute? {
    let lines = medium.attributes.filter { $0.name == "crypto" }.compactMap {
      CryptoAttribute($0.value ?? "")
    }
    return Suite.allCases.lazy.compactMap { suite in lines.first { $0.suite == suite } }.first
  }

  private static func decoded(_ text: Substring) -> [UInt8]? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Data(base64Encoded: String(text) + padding).map { [UInt8]($0) }
  }
}

/// What both have agreed on: their keys, of one suite.
package struct CryptoAgreement: Hashable, Sendable {
  package var local: CryptoAttribute
  package var remote: CryptoAttribute

  package init(local: CryptoAttribute, remote: CryptoAttribute) {
    self.local = local
    self.remote = remote
  }
}
