import Supervision

/// Where SIP is spoken: `signalling` of the file.
package struct SignallingConfiguration: Hashable, Sendable {
  /// UDP (and TCP) address of the SIP stack. Port 0 lets the system choose.
  package var listen = SocketAddress(host: "0.0.0.0", port: 5060)
  /// Whether TCP is spoken beside UDP, at the same address.
  package var tcp = true
  /// TLS with trunks; nil: it isn't spoken.
  package var tls: TLS?
  /// IP address that peers are told (Contact, Via). Must be given where `listen` is a wildcard; else that of `listen`.
  package var advertisedAddress = ""
  /// Protection domain of digest authentication (RFC 3261 section 22).
  package var realm = "earshot"
  /// Seconds after which an unanswered call is given up (CANCEL, 408).
  package var ringTimeout = 60
  /// Seconds within which each session is refreshed (RFC 4028); 0: we ask for no such timer.
  package var sessionExpires = 1_800
  /// Shortest such time that a peer may ask for, seconds.
  package var minimumSession = 90

  /// With peers that are known by their addresses alone: phones and strangers come by a proxy.
  package struct TLS: Hashable, Sendable {
    package var port = 5061
    /// PEM files: our certificate with its chain, its key, and the certificates of those who vouch for peers.
    package var certificate = ""
    package var key = ""
    package var authorities = ""
    /// Whether trunks that connect must have a certificate.
    package var asksPeers = true

    package init() {}
  }

  package init() {}
}

extension SignallingConfiguration.TLS {
  init(_ reader: SectionReader, context: ReadingContext) {
    port = reader.integer("port", in: 0...65_535, default: port)
    certificate = reader.requiredText("certificate", "a PEM file: the certificate, then its chain")
    key = reader.requiredText("key", "a PEM file with the certificate's private key")
    authorities = reader.requiredText("authorities", "a PEM file: certificates of those who vouch for trunks")
    asksPeers = reader.bool("asksPeers", default: asksPeers)
    reader.finish()
    guard context.checksFiles else { return }
    reader.refuseUnreadable(["certificate": certificate, "key": key, "authorities": authorities])
    reader.refuseOpenKey(key)
  }
}

extension SignallingConfiguration {
  init(_ reader: SectionReader, context: ReadingContext) {
    listen = reader.address("listen", default: listen)
    tcp = reader.bool("tcp", default: tcp)
    if let value = reader.value("tls"), value.kind != .null {
      tls = TLS(reader.section("tls"), context: context)
    }
    advertisedAddress = reader.advertisedAddress(insteadOf: listen.host)
    realm = reader.text("realm", default: realm)
    ringTimeout = reader.integer("ringTimeout", in: 5...600, unit: "s", default: ringTimeout)
    sessionExpires = reader.integer("sessionExpires", in: 0...86_400, unit: "s", default: sessionExpires)
    minimumSession = reader.integer("minimumSession", in: 90...86_400, unit: "s", default: minimumSession)
    if sessionExpires > 0, sessionExpires < minimumSession {
      reader.fault(
        "sessionExpires", "is \(sessionExpires) s, shorter than minimumSession (\(minimumSession) s).",
        remedy: "Give at least that, or 0 to ask for no timer.")
    }
    reader.finish()
  }
}

extension SectionReader {
  /// `address:port` to listen at.
  func address(_ key: String, default value: SocketAddress) -> SocketAddress {
    guard let text = text(key) else { return value }
    guard let address = SocketAddress(text), IPNetwork.isAddress(address.host) else {
      fault(key, "'\(text)' is no IP address with a port.", remedy: "Give one like \(value).")
      return value
    }
    return address
  }

  func ipAddress(_ key: String) -> String? {
    guard let text = text(key) else { return nil }
    guard IPNetwork.isAddress(text) else {
      fault(key, "'\(text)' is no IP address.", remedy: "Give one like 192.0.2.10.")
      return nil
    }
    return text
  }

  /// What peers are told, where it may differ from the address that is bound.
  func advertisedAddress(insteadOf bound: String) -> String {
    let given = has("advertisedAddress")
    if let address = ipAddress("advertisedAddress") {
      refuseOtherVersion("advertisedAddress", address, than: bound)
      return address
    }
    guard SocketAddress(host: bound, port: 0).isWildcard else { return bound }
    if !given {
      fault(
        "advertisedAddress", "is missing: \(bound) is no address that a phone could call.",
        remedy: "Give the IP address at which phones and trunks reach this machine.")
    }
    return ""
  }

  /// One server speaks one version of IP: what peers are told must be reachable where it is bound.
  func refuseOtherVersion(_ key: String, _ address: String, than bound: String) {
    guard bound != "::", address.contains(":") != bound.contains(":") else { return }
    let (given, needed) = address.contains(":") ? ("IPv6", "IPv4") : ("IPv4", "IPv6")
    fault(
      key, "\(address) is \(given), but \(bound) is \(needed).",
      remedy: "Give an \(needed) address: peers of the other version need a proxy in between.")
  }
}
