import Supervision

/// The proxies in front of this server, and what is believed of them.
package struct TrustedProxies: Hashable, Sendable {
  private let networks: [IPNetwork]

  package init(_ networks: [IPNetwork] = []) { self.networks = networks }

  /// The request as the client made it. Of a stranger nothing is believed: he could be anybody by a header.
  package func unwrapped(_ request: HTTPRequest) -> HTTPRequest {
    guard isTrusted(request.address) else { return request }
    var request = request
    if let proto = request.headers.forwardedProto?.lastElement {
      request.isSecure = proto.lowercased() == "https"
    }
    if let host = request.headers.forwardedHost?.lastElement { request.headers.host = host }
    if let client = client(in: request.headers.forwardedFor) { request.peer = client }
    return request
  }

  /// The last address in the chain that isn't a proxy of ours: whoever stands before it could have been made up.
  private func client(in chain: String?) -> String? {
    let addresses = (chain ?? "").split(separator: ",").map { String($0).trimmingSpaces() }
    var client: String?
    for address in addresses.reversed() {
      guard IPNetwork.isAddress(address) else { break }
      client = address
      if !isTrusted(address) { break }
    }
    // Which port the client had isn't told.
    return client.map { $0.contains(":") ? "[\($0)]:0" : "\($0):0" }
  }

  private func isTrusted(_ address: String) -> Bool { networks.contains { $0.contains(address) } }
}

extension String {
  /// Of a list with commas: each proxy appends, so the last element is the one by the proxy that we trust.
  fileprivate var lastElement: String? {
    guard let last = split(separator: ",").last else { return nil }
    let text = String(last).trimmingSpaces()
    return text.isEmpty ? nil : text
  }
}
