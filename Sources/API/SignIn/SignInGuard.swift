import Locking
import Supervision

/// Slows down whoever guesses passwords: by the place from which he does, sooner for one name. By the name alone only
/// where guesses come in numbers that need many places: else anybody could keep somebody out by failing in his name.
final class SignInGuard: Sendable {
  private struct Failure {
    var name: String
    var place: String
    /// Uptime, ms.
    var at: Int64
  }

  /// Failures in the window after which there is a pause.
  private enum Most {
    static let nameFromPlace = 5
    /// An office of many people can be one address.
    static let place = 20
    static let name = 50
  }

  private static let window: Int64 = 60_000
  /// Failures that are remembered; a crowd of addresses can't make it grow.
  private static let capacity = 10_000
  /// Characters of a name that are looked at.
  private static let longest = 128

  private let failures = Lock<[Failure]>([])
  private let now: @Sendable () -> Moment

  init(now: @escaping @Sendable () -> Moment) { self.now = now }

  /// Seconds to wait; nil where he may try.
  func wait(name: String, address: String) -> Int? {
    let moment = now().uptime
    let name = String(name.prefix(Self.longest))
    let place = Self.place(of: address)
    return failures.withLock { failures in
      failures.removeAll { moment - $0.at >= Self.window }
      let ofName = failures.filter { $0.name == name }
      let near = failures.filter { $0.place == place }
      let counted = [
        (ofName.filter { $0.place == place }, Most.nameFromPlace), (near, Most.place), (ofName, Most.name),
      ]
      // As soon as the window holds fewer than the limit again.
      let free = counted.compactMap { $0.0.suffix($0.1).count == $0.1 ? $0.0.suffix($0.1).first?.at : nil }
      return free.max().map { Int(($0 + Self.window - moment + 999) / 1000) }
    }
  }

  func failed(name: String, address: String) {
    let moment = now().uptime
    let failure = Failure(
      name: String(name.prefix(Self.longest)), place: Self.place(of: address), at: moment)
    failures.withLock { failures in
      if failures.count >= Self.capacity { failures.removeFirst() }
      failures.append(failure)
    }
  }

  /// Whom an address stands for. Of IPv6, one subscriber has a whole /64 (RFC 6177) and can take each of its addresses.
  private static func place(of address: String) -> String {
    IPNetwork(address)?.subscriber ?? address
  }
}
