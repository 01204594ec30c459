import Glibc

/// A numeric address as a description names it, to judge whether sound may be sent there.
package struct IPAddress: Hashable, Sendable {
  /// IPv4 as the IPv6 address that it maps to (RFC 4291, section 2.5.5.2), so that a mapped address is judged
  /// like the plain one.
  private let bytes: [UInt8]

  /// nil for whatever is not a numeric IPv4 or IPv6 address.
  package init?(_ text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.bytes = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes[0..<4]
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self.bytes = bytes
    } else {
      return nil
    }
  }

  private var isIPv4: Bool {
    bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
  }

  /// 0.0.0.0 or ::.
  package var isUnspecified: Bool { bytes[(isIPv4 ? 12 : 0)...].allSatisfy { $0 == 0 } }

  /// Whether it can be one host: neither multicast nor reserved (224.0.0.0 and above, ff00::/8).
  package var isUnicast: Bool { isIPv4 ? bytes[12] < 224 : bytes[0] != 0xFF }
}
