/// What can only be seen when several elements are looked at together.
extension Configuration {
  /// `values` stand at `key` of `readers`; nil is never a double. The value itself isn't shown: it may be a secret.
  static func refuseDoubles(_ key: String, _ readers: [SectionReader], _ values: [String?]) {
    var first: [String: String] = [:]
    for (reader, value) in zip(readers, values) {
      guard let value, !value.isEmpty else { continue }
      if let earlier = first[value] {
        reader.fault(key, "is the same as that of \(earlier).", remedy: "Give each a \(key) of its own.")
      } else {
        first[value] = reader.path
      }
    }
  }

  /// SIP over TCP and HTTP can't listen at one port of one address.
  static func refuseSamePort(
    _ reader: SectionReader, _ api: APIConfiguration, _ signalling: SignallingConfiguration
  ) {
    let (web, sip) = (api.listen, signalling.listen)
    guard signalling.tcp, web.port != 0, web.port == sip.port,
      web.host == sip.host || web.isWildcard || sip.isWildcard
    else { return }
    reader.fault(
      "listen", "\(web) is taken by SIP over TCP (signalling.listen \(sip)).",
      remedy: "Choose another port for one of them, or set signalling.tcp to false.")
  }

  /// SIP over TLS needs a port of its own.
  static func refuseSamePort(
    _ reader: SectionReader, tls: SignallingConfiguration.TLS, _ signalling: SignallingConfiguration,
    _ api: APIConfiguration
  ) {
    guard tls.port != 0 else { return }
    let isShared = { (address: SocketAddress) in
      address.port == tls.port
        && (address.host == signalling.listen.host || address.isWildcard || signalling.listen.isWildcard)
    }
    if signalling.tcp, signalling.listen.port == tls.port {
      reader.fault("port", "\(tls.port) is taken by SIP over TCP.", remedy: "Choose another one, like 5061.")
    } else if isShared(api.listen) {
      reader.fault("port", "\(tls.port) is taken by api.listen.", remedy: "Choose another one, like 5061.")
    }
  }

  /// Nothing goes by TCP or TLS where that is switched off.
  static func refuseSilentTransports(
    _ readers: [SectionReader], _ trunks: [TrunkConfiguration], _ signalling: SignallingConfiguration
  ) {
    for (reader, trunk) in zip(readers, trunks) {
      let transports = Set(trunk.nextHops.map(\.transport))
      let key = reader.has("nextHop") ? "nextHop" : "nextHops"
      if transports.contains(.tcp), !signalling.tcp {
        reader.fault(
          key, "wants TCP, which signalling.tcp switches off.",
          remedy: "Set signalling.tcp to true, or leave ';transport=tcp' out.")
      }
      if transports.contains(.tls), signalling.tls == nil {
        reader.fault(
          key, "wants TLS, for which there is no certificate.",
          remedy: "Give signalling.tls, or leave ';transport=tls' out.")
      }
    }
  }

  /// A request belongs to one trunk, and by it to one tenant: two trunks must not share an address.
  static func refuseOverlaps(_ readers: [SectionReader], _ trunks: [TrunkConfiguration]) {
    for (index, trunk) in trunks.enumerated() {
      for earlier in trunks[..<index] {
        for network in trunk.addresses {
          guard let other = earlier.addresses.first(where: network.overlaps) else { continue }
          readers[index].fault(
            "addresses", "\(network) overlaps \(other) of trunk '\(earlier.name)'.",
            remedy: "Give each trunk source addresses of its own.")
        }
      }
    }
  }
}
