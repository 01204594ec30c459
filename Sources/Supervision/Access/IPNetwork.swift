import Glibc

/// An IP address, or a network in CIDR notation (RFC 4632): `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
package struct IPNetwork: Hashable, Sendable, Codable, CustomStringConvertible {
  /// 4 or 16 bytes, in network order.
  private let bytes: [UInt8]
  /// Leading bits that count.
  package let prefixLength: Int
  package let description: String

  /// nil where `text` is neither.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let bytes = Self.bytes(of: String(parts[0])) else { return nil }
    self.bytes = bytes
    prefixLength = parts.count == 2 ? Int(parts[1]) ?? -1 : bytes.count * 8
    guard 0...bytes.count * 8 ~= prefixLength else { return nil }
    description = text
  }

  package var isIPv6: Bool { bytes.count == 16 }

  /// The leading words that count, in host order, with the bits of each that do.
  package var words: [(value: UInt32, mask: UInt32)] {
    (0..<(prefixLength + 31) / 32).map { index in
      let word = bytes[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let bits = min(32, prefixLength - index * 32)
      let mask = UInt32(truncatingIfNeeded: (UInt64(1) << 32) - (UInt64(1) << (32 - UInt64(bits))))
      return (word & mask, mask)
    }
  }

  /// Whether `address` (text, without port) lies in this network.
  package func contains(_ address: String) -> Bool {
    Self.bytes(of: address).map { matches($0, leadingBits: prefixLength) } ?? false
  }

  /// Whether some address lies in both.
  package func overlaps(_ other: IPNetwork) -> Bool {
    matches(other.bytes, leadingBits: min(prefixLength, other.prefixLength))
  }

  private func matches(_ other: [UInt8], leadingBits: Int) -> Bool {
    guard other.count == bytes.count else { return false }
    return bytes.indices.allSatisfy { index in
      let bits = min(8, max(0, leadingBits - index * 8))
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
      return bytes[index] & mask == other[index] & mask
    }
  }

  package static func isAddress(_ text: String) -> Bool { bytes(of: text) != nil }

  /// What one subscriber commonly holds: the IPv4 address, or the IPv6 network of 64 bits, as text of one form.
  package var subscriber: String {
    bytes.prefix(bytes.count == 4 ? 4 : 8).map(String.init).joined(separator: ".")
  }

  /// Network order; an IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is the IPv4 address.
  private static func bytes(of text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
    guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    return isMapped ? Array(bytes[12...]) : bytes
  }
}
