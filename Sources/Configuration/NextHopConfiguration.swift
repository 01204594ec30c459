/// One place where requests to a trunk are sent: `host:port`, with `;transport=tcp` or `;transport=tls` where it isn't UDP.
package struct NextHopConfiguration: Hashable, Sendable, CustomStringConvertible {
  package enum Transport: String, Hashable, Sendable, CaseIterable {
    case udp, tcp, tls
  }

  package var address: SocketAddress
  package var transport = Transport.udp

  package init(_ address: SocketAddress, transport: Transport = .udp) {
    self.address = address
    self.transport = transport
  }

  package var description: String {
    "\(address)" + (transport == .udp ? "" : ";transport=\(transport.rawValue)")
  }
}

extension SectionReader {
  /// The next hops of a trunk in the order in which they are tried: one in `nextHop`, or several in `nextHops`.
  func nextHops() -> [NextHopConfiguration] {
    let one = text("nextHop").flatMap { nextHop($0, "nextHop") }
    let several = texts("nextHops").compactMap { nextHop($0, "nextHops") }
    if has("nextHop"), has("nextHops") {
      fault("nextHops", "stands beside 'nextHop'.", remedy: "Put all into nextHops, the preferred first.")
    }
    if Set(several).count < several.count {
      fault("nextHops", "names one twice.", remedy: "Name each once, the preferred first.")
    }
    return one.map { [$0] } ?? several
  }

  private func nextHop(_ text: String, _ key: String) -> NextHopConfiguration? {
    let parts = text.split(separator: ";transport=", maxSplits: 1, omittingEmptySubsequences: false)
    guard
      let transport = parts.count == 1 ? .udp : NextHopConfiguration.Transport(rawValue: String(parts[1]))
    else {
      fault(
        key, "'\(parts[1])' is no transport that Earshot speaks.",
        remedy: "Give udp, tcp or tls, like pbx.example:5061;transport=tls.")
      return nil
    }
    guard let address = SocketAddress(String(parts[0])), address.port > 0 else {
      fault(key, "'\(text)' is no host with a port.", remedy: "Give one like pbx.example:5060.")
      return nil
    }
    return NextHopConfiguration(address, transport: transport)
  }
}
