import Supervision

/// A PBX, SBC or carrier: an element of `trunks`.
package struct TrunkConfiguration: Hashable, Sendable {
  package enum Learning: String, Hashable, Sendable, CaseIterable {
    /// Sound is taken from the signalled address or that of the signalling alone.
    case signalled
    /// Sound is taken from whoever sends first. Only for peers behind NAT that can't do better.
    case any
  }

  package enum Transport: String, Hashable, Sendable, CaseIterable {
    case udp, tcp
  }

  package var name: String
  package var tenant: TenantID
  /// Where its requests come from.
  package var addresses: [IPNetwork] = []
  /// Where requests to it are sent; nil: calls come from it only.
  package var nextHop: SocketAddress?
  /// How they are sent; `;transport=tcp` of the next hop.
  package var transport = Transport.udp
  /// Whether its `X-Earshot-*` headers are believed.
  package var trusted = false
  package var learn = Learning.signalled
  /// Whether its side of a call is the customer's; false for a PBX behind which the agents sit.
  package var customerSide = true

  package init(name: String, tenant: TenantID) {
    self.name = name
    self.tenant = tenant
  }
}

extension TrunkConfiguration {
  init(_ reader: SectionReader, tenants: TenantNames) {
    self.init(
      name: reader.requiredText("name", "a short name for the trunk, like 'carrier'"),
      tenant: tenants.tenant(of: reader))
    addresses = reader.networks("addresses")
    (nextHop, transport) = reader.nextHop()
    trusted = reader.bool("trusted", default: trusted)
    learn = reader.choice("learn", default: learn)
    customerSide = reader.bool("customerSide", default: customerSide)
    reader.finish()
    if reader.isEmptyList("addresses") {
      reader.fault(
        "addresses", "names no address, so nothing could come from this trunk.",
        remedy: "Give the IP addresses or networks that its requests come from.")
    }
  }
}

extension SectionReader {
  fileprivate func nextHop() -> (SocketAddress?, TrunkConfiguration.Transport) {
    guard let text = text("nextHop") else { return (nil, .udp) }
    let parts = text.split(separator: ";transport=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let transport = parts.count == 1 ? .udp : TrunkConfiguration.Transport(rawValue: String(parts[1]))
    else {
      fault(
        "nextHop", "'\(parts[1])' is no transport that Earshot speaks.",
        remedy: "Give udp or tcp, like pbx.example:5060;transport=tcp.")
      return (nil, .udp)
    }
    guard let address = SocketAddress(String(parts[0])), address.port > 0 else {
      fault("nextHop", "'\(text)' is no host with a port.", remedy: "Give one like pbx.example:5060.")
      return (nil, .udp)
    }
    return (address, transport)
  }
}
