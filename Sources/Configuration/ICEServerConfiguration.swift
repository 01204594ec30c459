import Supervision

/// A STUN or TURN server that browsers may use: an element of `media.iceServers`.
package struct ICEServerConfiguration: Hashable, Sendable {
  /// How browsers are let in.
  package enum Access: Hashable, Sendable {
    /// STUN asks nobody who he is.
    case open
    /// The same for everybody, for as long as the server has them.
    case account(username: String, credential: String)
    /// Shared with the TURN server (coturn's `use-auth-secret`): everybody gets credentials of his own, for some hours.
    case secret(String)
  }

  /// As RFC 7064 and 7065 write them.
  package var urls: [String]
  package var access: Access

  package init(urls: [String], access: Access) {
    self.urls = urls
    self.access = access
  }
}

extension ICEServerConfiguration {
  init(_ reader: SectionReader, context: ReadingContext) {
    urls = reader.texts("urls")
    let username = reader.text("username")
    let credential = reader.secret("credential", in: context)
    let secret = reader.secret("secret", in: context)
    reader.finish()
    access =
      if let secret { .secret(secret) } else if let username, let credential {
        .account(username: username, credential: credential)
      } else { .open }

    if username == "" {
      reader.fault("username", "is empty.", remedy: "Give the name of the account at the TURN server.")
    }
    if reader.isEmptyList("urls") {
      reader.fault(
        "urls", "names no server.",
        remedy: "Give one or more like \"turn:turn.example.com:3478?transport=udp\".")
    }
    let faulty = urls.filter { !Self.isAddress($0) }
    for url in faulty {
      reader.fault(
        "urls", "'\(url)' is no address of a STUN or TURN server.",
        remedy:
          "Give one like stun:stun.example.com:3478, turn:turn.example.com:3478?transport=udp or turns:turn.example.com:5349?transport=tcp."
      )
    }
    // A TURN server without credentials makes browsers refuse every connection of the page.
    if faulty.isEmpty, !urls.isEmpty {
      Self.checkAccess(reader, hasTURN: urls.contains { !$0.hasPrefix("stun:") })
    }
  }

  /// Goes by the keys that are there: what is wrong with a secret itself was told when it was read.
  private static func checkAccess(_ reader: SectionReader, hasTURN: Bool) {
    let given = ["username", "credential", "secret"].filter {
      reader.value($0).map { $0.kind != .null } ?? false
    }
    switch (hasTURN, given) {
    case (true, ["username", "credential"]), (true, ["secret"]), (false, []): break
    case (false, _):
      reader.fault(
        given[0], "is of no use here: STUN asks nobody who he is.",
        remedy: "Leave the key out, or add a turn: address to 'urls'.")
    case (true, []):
      reader.fault(
        "urls", "names a TURN server, for which there are no credentials.",
        remedy: "Give 'username' and 'credential', or the 'secret' that the server knows too.")
    case (true, _) where given.contains("secret"):
      reader.fault(
        "secret", "stands beside \(given.dropLast().joined(separator: " and ")).",
        remedy: "Give either 'secret', of which credentials are made, or 'username' and 'credential'.")
    case (true, _):
      let missing = given == ["username"] ? "credential" : "username"
      reader.fault(missing, "is missing.", remedy: "Give 'username' and 'credential', or 'secret' alone.")
    }
  }

  /// Of the form that every browser takes. One that it doesn't take costs the page all its connections.
  private static func isAddress(_ text: String) -> Bool {
    guard
      let parts = text.wholeMatch(
        of:
          /(?<scheme>stun|turns?):(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?)(:(?<port>\d{1,5}))?(?<query>\?transport=(udp|tcp))?/
      )
    else { return false }
    if let port = parts.port, !(1...65535).contains(Int(port) ?? 0) { return false }
    if parts.host.hasPrefix("["), !IPNetwork.isAddress(String(parts.host.dropFirst().dropLast())) {
      return false
    }
    return parts.scheme != "stun" || parts.query == nil
  }
}
