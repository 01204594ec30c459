import CSofia
import Glibc

/// Our digest in the library's place: it meets challenges of a dialog by itself, in whatever request they come, and
/// asks here for the words. Its own knows MD5 alone.
enum DigestPlugin {
  /// To be called before an agent is made; later calls do nothing.
  static func install() { installed }

  private static let installed: Void = sofia_use_digest(acceptsChallenge, proveIdentity)

  fileprivate static func challenge(
    _ parameters: UnsafePointer<UnsafePointer<CChar>?>?
  ) -> DigestChallenge? {
    guard var next = parameters else { return nil }
    var found: [String: String] = [:]
    while let parameter = next.pointee {
      let pair = String(cString: parameter).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { found[pair[0].lowercased()] = SIPText.unquoted(String(pair[1])) }
      next += 1
    }
    return DigestChallenge(found)
  }
}

// Not closures: see `runSIPThread`.
private func acceptsChallenge(_ parameters: UnsafePointer<UnsafePointer<CChar>?>?) -> Int32 {
  DigestPlugin.challenge(parameters) == nil ? 0 : 1
}

private func proveIdentity(
  _ parameters: UnsafePointer<UnsafePointer<CChar>?>?, user: UnsafePointer<CChar>?,
  password: UnsafePointer<CChar>?, method: UnsafePointer<CChar>?, uri: UnsafePointer<CChar>?,
  body: UnsafePointer<CChar>?, size: Int, count: UInt32
) -> UnsafeMutablePointer<CChar>? {
  guard let challenge = DigestPlugin.challenge(parameters), let user, let password, let method, let uri else {
    return nil
  }
  let bytes = body.map { UnsafeRawBufferPointer(start: $0, count: size).map(\.self) } ?? []
  let chance = String(UInt64.random(in: .min ... .max), radix: 16)
  let value = challenge.answer(
    SIPCredentials(
      user: SIPURI.decoded(String(cString: user)), password: SIPURI.decoded(String(cString: password))),
    method: String(cString: method), uri: String(cString: uri), body: bytes, count: count,
    clientNonce: chance)
  // Freed by the shim.
  return strdup(value)
}
