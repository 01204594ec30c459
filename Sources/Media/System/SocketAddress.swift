import CLinux
import Glibc

/// An IP address and port as a plain value. IPv4 is kept as the IPv6 address that it maps to.
struct SocketAddress: Hashable, Sendable {
  /// The first and the last eight bytes, as they lie in memory.
  private(set) var high: UInt64 = 0
  private(set) var low: UInt64 = 0
  /// Host order.
  var port: UInt16 = 0

  private static let mappedPrefix = UInt32(0x0000_FFFF).bigEndian

  /// No address at all.
  init() {}

  /// - Parameter text: a numeric IPv4 or IPv6 address; nil for anything else, names included.
  init?(_ text: String, port: UInt16) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(four: four.s_addr, port: port)
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(six: six, port: port)
    } else {
      return nil
    }
  }

  /// - Parameter four: network order.
  private init(four: UInt32, port: UInt16) {
    low = UInt64(Self.mappedPrefix) | UInt64(four) << 32
    self.port = port
  }

  private init(six: in6_addr, port: UInt16) {
    withUnsafeBytes(of: six) { bytes in
      high = bytes.loadUnaligned(as: UInt64.self)
      low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }
    self.port = port
  }

  /// As the kernel reports a sender.
  init(_ storage: sockaddr_in6) {
    self.init()
    withUnsafeBytes(of: storage) { bytes in
      if storage.sin6_family == sa_family_t(AF_INET6) {
        self = SocketAddress(six: storage.sin6_addr, port: UInt16(bigEndian: storage.sin6_port))
      } else {
        let four = bytes.loadUnaligned(as: sockaddr_in.self)
        self = SocketAddress(four: four.sin_addr.s_addr, port: UInt16(bigEndian: four.sin_port))
      }
    }
  }

  var isIPv4: Bool { high == 0 && UInt32(truncatingIfNeeded: low) == Self.mappedPrefix }
  /// 0.0.0.0, :: or nothing yet.
  var isUnspecified: Bool { high == 0 && (low == 0 || isIPv4 && low >> 32 == 0) }
  /// Whether something can be sent there.
  var isReachable: Bool { port != 0 && !isUnspecified }

  func hasSameHost(as other: SocketAddress) -> Bool { high == other.high && low == other.low }

  /// 4 or 16 bytes in network order.
  var hostBytes: [UInt8] {
    let all = [high, low].flatMap { half in withUnsafeBytes(of: half) { Array($0) } }
    return isIPv4 ? Array(all[12...]) : all
  }

  func with(port: UInt16) -> SocketAddress {
    var copy = self
    copy.port = port
    return copy
  }

  /// The address as system calls take it.
  /// - Parameter family: of the socket; an IPv6 socket reaches IPv4 hosts by their mapped addresses.
  func withSystemAddress<Result>(
    family: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    if family == AF_INET {
      var four = sockaddr_in()
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      four.sin_addr.s_addr = UInt32(truncatingIfNeeded: low >> 32)
      return withUnsafePointer(to: &four) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_port = port.bigEndian
    withUnsafeMutableBytes(of: &six.sin6_addr) { bytes in
      bytes.storeBytes(of: high, as: UInt64.self)
      bytes.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
    }
    return withUnsafePointer(to: &six) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }
}
