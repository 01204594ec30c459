import Locking

/// The UDP ports for legs: even for RTP, the odd one above for RTCP (RFC 3550 section 11). Shared by all workers;
/// asked when a leg opens or closes only. A port rests as long as possible before it is used again, so that late
/// packets of an earlier call meet a closed port.
final class PortPool: Sendable {
  /// First ports of pairs, the longest unused first.
  private let free: Lock<[UInt16]>
  private let address: SocketAddress
  let pairs: Int

  /// - Throws: `MediaSetupError` if the address is no address or the range has no pair.
  init(bind address: String, range: ClosedRange<UInt16>) throws(MediaSetupError) {
    guard let address = SocketAddress(address, port: 0) else { throw .badAddress(address) }
    let first = range.lowerBound + range.lowerBound % 2
    guard range.lowerBound >= 1_024, first < range.upperBound else { throw .badPortRange(range) }
    let ports = Array(stride(from: first, to: range.upperBound, by: 2))
    self.address = address
    pairs = ports.count
    free = Lock(ports.reversed())
  }

  /// Opens the sockets of a leg. Ports that somebody else has are passed over.
  func open() throws(MediaSetupError) -> (rtp: UDPSocket, rtcp: UDPSocket, port: UInt16) {
    var last: SystemFailure?
    for _ in 0..<min(pairs, 64) {
      guard let port = free.withLock({ $0.popLast() }) else { break }
      do throws(SystemFailure) {
        var rtp = try UDPSocket(bind: address.with(port: port))
        do throws(SystemFailure) {
          return (rtp, try UDPSocket(bind: address.with(port: port + 1)), port)
        } catch {
          rtp.close()
          throw error
        }
      } catch {
        last = error
        release(port)
      }
    }
    throw .noPort(pairs: pairs, last.map(\.description))
  }

  func release(_ port: UInt16) {
    free.withLock { $0.insert(port, at: 0) }
  }

  /// Pairs in use.
  var used: Int { pairs - free.withLock { $0.count } }
}
