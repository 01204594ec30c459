import Supervision

/// Where requests of a trunk come from: an IP address, a network (`10.0.0.0/8`, `2001:db8::/32`), or one address and
/// port (`127.0.0.1:5080`, `[::1]:5080`) where several peers share an address.
package struct SourceNetwork: Hashable, Sendable, CustomStringConvertible {
  private let network: IPNetwork
  private let port: UInt16?
  package let description: String

  /// Any port of these addresses.
  package init(_ network: IPNetwork) {
    self.network = network
    port = nil
    description = network.description
  }

  /// Nil if the text is none of these.
  package init?(_ text: String) {
    let (address, port) = Self.split(text)
    guard let network = IPNetwork(String(address)), port.map({ UInt16($0) == nil }) != true else {
      return nil
    }
    self.network = network
    self.port = port.flatMap { UInt16($0) }
    description = text
  }

  package func contains(_ address: String, port: UInt16) -> Bool {
    (self.port == nil || self.port == port) && network.contains(address)
  }

  /// The port as it stands there, if one does. Brackets are for addresses with a port alone.
  private static func split(_ text: String) -> (address: Substring, port: Substring?) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let rest = text[text.index(after: end)...]
      return (text.dropFirst()[..<end], rest.hasPrefix(":") ? rest.dropFirst() : rest)
    }
    guard text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") else {
      return (text[...], nil)
    }
    return (text[..<colon], text[text.index(after: colon)...])
  }
}
