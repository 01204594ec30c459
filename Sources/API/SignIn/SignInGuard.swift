import Locking
import Supervision

/// Slows down whoever guesses passwords: by the name that he tries, and by the address from which he does.
final class SignInGuard: Sendable {
  private struct Failure {
    var name: String
    var address: String
    /// Uptime, ms.
    var at: Int64
  }

  private static let most = 5
  private static let window: Int64 = 60_000
  /// Failures that are remembered; a crowd of addresses can't make it grow.
  private static let capacity = 10_000

  private let failures = Lock<[Failure]>([])
  private let now: @Sendable () -> Moment

  init(now: @escaping @Sendable () -> Moment) { self.now = now }

  /// Seconds to wait; nil where he may try.
  func wait(name: String, address: String) -> Int? {
    let moment = now().uptime
    return failures.withLock { failures in
      failures.removeAll { moment - $0.at >= Self.window }
      let own = failures.filter { $0.name == name }
      let near = failures.filter { $0.address == address }
      let blocking = [own, near].filter { $0.count >= Self.most }
      // As soon as the window holds fewer than the limit again.
      let free = blocking.compactMap { $0.suffix(Self.most).first?.at }.max()
      return free.map { Int(($0 + Self.window - moment + 999) / 1000) }
    }
  }

  func failed(name: String, address: String) {
    let moment = now().uptime
    failures.withLock { failures in
      if failures.count >= Self.capacity { failures.removeFirst() }
      failures.append(Failure(name: String(name.prefix(128)), address: address, at: moment))
    }
  }
}
