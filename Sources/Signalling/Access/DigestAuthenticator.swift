/// The server's side of digest authentication (RFC 7616), `qop=auth` only. A nonce carries its time and our seal, so
/// that challenging strangers costs no memory; only nonces that were used well are remembered, each with its count.
package struct DigestAuthenticator: Sendable {
  package enum Verdict: Hashable, Sendable {
    case accepted
    /// Wrong or incomplete; challenge again.
    case refused
    /// The nonce is too old or was used already; challenge again and say so, then the phone doesn't ask its user.
    case stale
  }

  private let realm: String
  private let hashes: [DigestHash]
  /// Milliseconds.
  private let lifetime: UInt64
  private let key: [UInt8]
  /// The highest count seen of each nonce, and when the nonce dies (ms).
  private var used: [String: (count: UInt32, dies: UInt64)] = [:]
  /// When the dead ones are looked for again (ms): not with each request.
  private var nextForgetting: UInt64 = 0

  /// `key`: 32 secret bytes; those of another process refuse each other's nonces.
  package init(realm: String, hashes: [DigestHash], lifetime: Int, key: [UInt8]? = nil) {
    self.realm = realm
    self.hashes = hashes
    self.lifetime = UInt64(lifetime) * 1000
    var generator = SystemRandomNumberGenerator()
    self.key = key ?? (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// Header lines of a 401, one for each function.
  package func challenge(at now: UInt64, stale: Bool = false) -> [String] {
    let nonce = makeNonce(at: now)
    return hashes.map { hash in
      "WWW-Authenticate: Digest realm=\(SIPText.quoted(realm)), nonce=\"\(nonce)\", algorithm=\(hash.rawValue), "
        + "qop=\"auth\"" + (stale ? ", stale=true" : "")
    }
  }

  /// Judges the parameters of an Authorization header for a request of `method` against the user's password.
  package mutating func verify(
    _ parameters: [String: String], method: String, password: String, at now: UInt64
  ) -> Verdict {
    guard let user = parameters["username"], parameters["realm"] == realm, let nonce = parameters["nonce"],
      let uri = parameters["uri"], let response = parameters["response"], parameters["qop"] == "auth",
      let clientNonce = parameters["cnonce"], let countText = parameters["nc"],
      let count = UInt32(countText, radix: 16),
      let hash = DigestHash(rawValue: parameters["algorithm"]?.uppercased() ?? "MD5"), hashes.contains(hash),
      let born = time(of: nonce)
    else { return .refused }
    let secret = hash.hex("\(user):\(realm):\(password)")
    let request = hash.hex("\(method):\(uri)")
    let expected = hash.hex("\(secret):\(nonce):\(countText):\(clientNonce):auth:\(request)")
    guard Self.areEqual(expected, response.lowercased()) else { return .refused }
    guard now < born + lifetime else { return .stale }
    guard count > used[nonce]?.count ?? 0 else { return .stale }
    forget(before: now)
    used[nonce] = (count, born + lifetime)
    return .accepted
  }

  /// Hexadecimal: time (8 bytes), chance (8 bytes), seal over both (16 bytes).
  private func makeNonce(at now: UInt64) -> String {
    let time = String(now, radix: 16)
    let chance = String(UInt64.random(in: .min ... .max), radix: 16)
    let body =
      String(repeating: "0", count: 16 - time.count) + time + String(repeating: "0", count: 16 - chance.count)
      + chance
    return body + seal(body)
  }

  private func seal(_ body: String) -> String {
    DigestHash.hex(DigestHash.authenticationCode(body, key: key).prefix(16))
  }

  /// When a nonce was made; nil if we didn't make it.
  private func time(of nonce: String) -> UInt64? {
    guard nonce.utf8.count == 64 else { return nil }
    let body = String(nonce.prefix(32))
    guard Self.areEqual(seal(body), String(nonce.dropFirst(32))) else { return nil }
    return UInt64(nonce.prefix(16), radix: 16)
  }

  private mutating func forget(before now: UInt64) {
    guard used.count >= 1024, now >= nextForgetting else { return }
    used = used.filter { $0.value.dies > now }
    nextForgetting = now + lifetime / 4
  }

  /// In a time that doesn't tell where they differ.
  private static func areEqual(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
