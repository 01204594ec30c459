/// A server's challenge, and how it is met (RFC 7616 section 3.4, RFC 8760). A value: pure but for what it is given.
package struct DigestChallenge: Hashable, Sendable {
  /// What the answer is computed over beside the password.
  package enum Protection: String, Hashable, Sendable {
    /// Of before RFC 2617: neither a count nor a nonce of ours.
    case none
    case authentication = "auth"
    /// The body too.
    case integrity = "auth-int"
  }

  package var realm: String
  package var nonce: String
  package var opaque: String?
  package var hash: DigestHash
  package var protection: Protection
  /// Whether the server has named the function; one that hasn't means MD5 and may not know the parameter.
  private var namesHash: Bool

  /// Nil if Earshot can't meet it: another function, another protection, or no nonce.
  /// - Parameter parameters: unquoted, names in lower case.
  package init?(_ parameters: [String: String]) {
    guard let realm = parameters["realm"], let nonce = parameters["nonce"] else { return nil }
    let function = parameters["algorithm"]
    guard let hash = DigestHash(rawValue: function?.uppercased() ?? "MD5") else { return nil }
    self.realm = realm
    self.nonce = nonce
    self.hash = hash
    opaque = parameters["opaque"]
    namesHash = function != nil
    guard let offered = parameters["qop"], !offered.isEmpty else {
      protection = .none
      return
    }
    let choices = offered.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() }
    guard let best = [Protection.authentication, .integrity].first(where: { choices.contains($0.rawValue) })
    else { return nil }
    protection = best
  }

  /// The value of an Authorization header.
  /// - Parameters:
  ///   - count: how often this nonce was used, this time included.
  ///   - clientNonce: a chance text of ours.
  package func answer(
    _ credentials: SIPCredentials, method: String, uri: String, body: [UInt8] = [], count: UInt32,
    clientNonce: String
  ) -> String {
    let secret = hash.hex("\(credentials.user):\(realm):\(credentials.password)")
    var act = "\(method):\(uri)"
    if protection == .integrity { act += ":\(DigestHash.hex(hash.hash(body)))" }
    let digits = String(count, radix: 16)
    let countText = String(repeating: "0", count: 8 - digits.count) + digits
    let middle =
      protection == .none ? nonce : "\(nonce):\(countText):\(clientNonce):\(protection.rawValue)"
    var parts = [
      "username=\(SIPText.quoted(credentials.user))", "realm=\(SIPText.quoted(realm))",
      "nonce=\(SIPText.quoted(nonce))", "uri=\(SIPText.quoted(uri))",
      "response=\"\(hash.hex("\(secret):\(middle):\(hash.hex(act))"))\"",
    ]
    if namesHash { parts.append("algorithm=\(hash.rawValue)") }
    if let opaque { parts.append("opaque=\(SIPText.quoted(opaque))") }
    if protection != .none {
      parts += ["qop=\(protection.rawValue)", "nc=\(countText)", "cnonce=\"\(clientNonce)\""]
    }
    return "Digest " + parts.joined(separator: ", ")
  }
}
