/// The cookie that holds the key of a sign-in (RFC 6265).
enum SessionCookie {
  /// Over TLS browsers take a cookie of this name from this very host alone, and only over TLS; so no neighbouring host
  /// and no plain connection can slip another's session in.
  static func name(isSecure: Bool) -> String { isSecure ? "__Host-earshot" : "earshot" }

  static func key(in request: HTTPRequest) -> String? {
    guard let header = request.headers.cookie else { return nil }
    let start = name(isSecure: request.isSecure) + "="
    let pairs = header.split(separator: ";").map { $0.drop { $0 == " " } }
    guard let own = pairs.first(where: { $0.hasPrefix(start) }) else { return nil }
    let key = own.dropFirst(start.count)
    return key.isEmpty ? nil : String(key.prefix(128))
  }

  static func setting(_ key: String, isSecure: Bool) -> HTTPResponse.Header {
    .init("set-cookie", "\(name(isSecure: isSecure))=\(key); \(attributes(isSecure))")
  }

  static func clearing(isSecure: Bool) -> HTTPResponse.Header {
    .init("set-cookie", "\(name(isSecure: isSecure))=; Max-Age=0; \(attributes(isSecure))")
  }

  /// Not for scripts, not with requests of other sites, and what came over TLS never goes without.
  private static func attributes(_ isSecure: Bool) -> String {
    "HttpOnly; SameSite=Strict; Path=/" + (isSecure ? "; Secure" : "")
  }
}
