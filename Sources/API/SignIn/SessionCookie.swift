/// The cookie that holds the key of a sign-in (RFC 6265).
enum SessionCookie {
  static let name = "earshot"

  /// - Parameter header: `Cookie`, as it came.
  static func key(in header: String?) -> String? {
    guard let header else { return nil }
    let pairs = header.split(separator: ";").map { $0.drop { $0 == " " } }
    guard let own = pairs.first(where: { $0.hasPrefix(name + "=") }) else { return nil }
    let key = own.dropFirst(name.count + 1)
    return key.isEmpty ? nil : String(key.prefix(128))
  }

  static func setting(_ key: String, isSecure: Bool) -> HTTPResponse.Header {
    .init("set-cookie", "\(name)=\(key); \(attributes(isSecure))")
  }

  static func clearing(isSecure: Bool) -> HTTPResponse.Header {
    .init("set-cookie", "\(name)=; Max-Age=0; \(attributes(isSecure))")
  }

  /// Not for scripts, not with requests of other sites, and what came over TLS never goes without.
  private static func attributes(_ isSecure: Bool) -> String {
    "HttpOnly; SameSite=Strict; Path=/" + (isSecure ? "; Secure" : "")
  }
}
