import Locking
import Supervision

/// How many WebSockets each user has open.
final class SocketLedger: Sendable {
  fileprivate struct Holder: Hashable {
    var tenant: TenantID
    var user: UserID
  }

  private struct State {
    var open: [Holder: Int] = [:]
    var total = 0
  }

  private let state = Lock(State())
  private let limits: (user: Int, total: Int)

  init(user: Int, total: Int) { limits = (user, total) }

  var total: Int { state.withLock { $0.total } }

  /// What stands in the way of one more; nil if nothing does.
  func objection(to principal: Principal) -> Problem? {
    state.withLock { state in
      if state.open[Holder(principal), default: 0] >= limits.user { return .tooManySockets(limits.user) }
      return state.total >= limits.total ? .tooManySockets(limits.total) : nil
    }
  }

  /// - Returns: false where others were quicker. After true one `close` must follow.
  func open(_ principal: Principal) -> Bool {
    state.withLock { state in
      let holder = Holder(principal)
      guard state.open[holder, default: 0] < limits.user, state.total < limits.total else { return false }
      state.open[holder, default: 0] += 1
      state.total += 1
      return true
    }
  }

  func close(_ principal: Principal) {
    state.withLock { state in
      let holder = Holder(principal)
      let left = state.open[holder, default: 1] - 1
      state.open[holder] = left == 0 ? nil : left
      state.total -= 1
    }
  }
}

extension SocketLedger.Holder {
  fileprivate init(_ principal: Principal) { self.init(tenant: principal.tenant, user: principal.user) }
}
