import Glibc
import Locking
import Supervision

/// Who is signed in by a browser: sessions in memory, each known by a random key that only its cookie holds. A
/// restart signs everybody out.
package final class SignInSessions: Sendable {
  /// How long a session lasts, ms.
  package struct Lifetime: Hashable, Sendable {
    package var most: Int64 = 12 * 3_600_000
    /// Without a request and without an open WebSocket.
    package var idle: Int64 = 3_600_000

    package init() {}
  }

  private struct Session {
    var user: UserID
    var tenant: TenantID
    /// Uptimes in ms.
    var begun: Int64
    var used: Int64
    /// What is to be told of the end: the open WebSockets.
    var sockets: [UInt64: @Sendable () -> Void] = [:]
  }

  private struct State {
    var sessions: [String: Session] = [:]
    var lastSocket: UInt64 = 0
  }

  /// Sessions of one user, and in all; the one that was idle longest makes room.
  private static let capacity = (user: 20, total: 20_000)

  private let state = Lock(State())
  private let directory: any Directory
  private let lifetime: Lifetime
  private let now: @Sendable () -> Moment

  package init(
    directory: any Directory, lifetime: Lifetime = Lifetime(), now: @escaping @Sendable () -> Moment
  ) {
    self.directory = directory
    self.lifetime = lifetime
    self.now = now
  }

  /// - Returns: the key of a new session.
  func begin(_ user: Principal) -> String {
    let key = Self.randomKey()
    let moment = now().uptime
    let ended = state.withLock { state in
      var ended = Self.sweep(&state, at: moment, lifetime)
      let own = state.sessions.filter { $0.value.user == user.user && $0.value.tenant == user.tenant }
      if own.count >= Self.capacity.user { ended += Self.dropOldest(&state, among: own) }
      if state.sessions.count >= Self.capacity.total {
        ended += Self.dropOldest(&state, among: state.sessions)
      }
      state.sessions[key] = Session(user: user.user, tenant: user.tenant, begun: moment, used: moment)
      return ended
    }
    for close in ended { close() }
    return key
  }

  /// Whose session it is, as the directory knows him now. Counts as use. nil once it has ended, and with whoever has
  /// left the directory it ends.
  func principal(_ key: String) -> Principal? {
    let moment = now().uptime
    let lifetime = lifetime
    let holder = state.withLock { state -> (UserID, TenantID)? in
      guard let session = state.sessions[key], Self.lives(session, at: moment, lifetime) else { return nil }
      state.sessions[key]?.used = moment
      return (session.user, session.tenant)
    }
    if let (user, tenant) = holder, let known = directory.user(user, tenant: tenant) {
      return known.principal
    }
    end(key)
    return nil
  }

  /// Signs out: the session's WebSockets are closed.
  func end(_ key: String) {
    let ended = state.withLock { state in
      state.sessions.removeValue(forKey: key).map { Array($0.sockets.values) } ?? []
    }
    for close in ended { close() }
  }

  /// - Parameter close: called once when the session ends before `detach`.
  /// - Returns: nil where the session has ended already.
  func attach(_ key: String, close: @escaping @Sendable () -> Void) -> UInt64? {
    state.withLock { state in
      guard state.sessions[key] != nil else { return nil }
      state.lastSocket += 1
      state.sessions[key]?.sockets[state.lastSocket] = close
      return state.lastSocket
    }
  }

  /// A WebSocket has closed; until then the session was in use.
  func detach(_ socket: UInt64, of key: String) {
    let moment = now().uptime
    state.withLock { state in
      state.sessions[key]?.sockets[socket] = nil
      state.sessions[key]?.used = moment
    }
  }

  /// Milliseconds until the session ends even if it is used; 0 if it has.
  func remaining(_ key: String) -> Int64 {
    let moment = now().uptime
    return state.withLock { state in
      state.sessions[key].map { max(0, $0.begun + lifetime.most - moment) } ?? 0
    }
  }

  package var count: Int {
    let moment = now().uptime
    return state.withLock { state in
      state.sessions.values.count { Self.lives($0, at: moment, lifetime) }
    }
  }

  private static func lives(_ session: Session, at moment: Int64, _ lifetime: Lifetime) -> Bool {
    moment - session.begun < lifetime.most
      && (!session.sockets.isEmpty || moment - session.used < lifetime.idle)
  }

  private static func sweep(_ state: inout State, at moment: Int64, _ lifetime: Lifetime)
    -> [@Sendable () -> Void]
  {
    let over = state.sessions.filter { !lives($0.value, at: moment, lifetime) }
    for key in over.keys { state.sessions[key] = nil }
    return over.values.flatMap { $0.sockets.values }
  }

  private static func dropOldest(_ state: inout State, among candidates: [String: Session])
    -> [@Sendable () -> Void]
  {
    guard let oldest = candidates.min(by: { $0.value.used < $1.value.used }) else { return [] }
    state.sessions[oldest.key] = nil
    return Array(oldest.value.sockets.values)
  }

  /// 256 bits of the kernel's, as hex: not to be guessed, so looking it up in a table tells nothing by its time.
  private static func randomKey() -> String {
    var system = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let hex = String(UInt64.random(in: .min ... .max, using: &system), radix: 16)
      return String(repeating: "0", count: 16 - hex.count) + hex
    }.joined()
  }
}
