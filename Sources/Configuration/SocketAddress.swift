/// An IP address or host name with a port: `127.0.0.1:5060`, `[::1]:5060`, `pbx.example:5060`.
package struct SocketAddress: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Without brackets.
  package var host: String
  /// 0–65535; 0 where the system shall choose.
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// nil where `text` has no port or isn't of that form.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, host.allSatisfy({ !$0.isWhitespace && $0 != "/" && $0 != "@" }) else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Listens on every interface, so that others need to be told an address of their own.
  package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }
}
