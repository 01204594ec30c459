import API
import Locking
import Supervision
import TestKit

/// What the server has confirmed to supervisors who join, switch and leave as fast as it lets them. None of it may be
/// missing in the audit afterwards.
final class AcknowledgedActs: Sendable {
  struct Act: Hashable, Sendable {
    var session: String
    var action: AuditAction
    var mode: SupervisionMode
  }

  private struct State {
    var acts: [Act] = []
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Lock(State())

  var all: [Act] { state.withLock { $0.acts } }

  /// Returns when so many more have been confirmed.
  func wait(forMore count: Int) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.waiters.append((count: $0.acts.count + count, continuation: continuation)) }
    }
  }

  /// Every confirmed way up was on disk before its answer (a way down is written after it).
  func superviseUntilTheServerIsGone(_ call: String, by user: String, on floor: Floor) async {
    let client = floor.client(user)
    while true {
      do {
        let session = try await client.supervise(call, .init(mode: .listen, sip: user)).id
        note(Act(session: session, action: .opened, mode: .listen))
        try await floor.live(session)
        for mode in [SupervisionMode.whisper, .barge] {
          _ = try await client.changeMode(of: session, to: mode)
          note(Act(session: session, action: .modeChanged, mode: mode))
        }
        _ = try await client.changeMode(of: session, to: .listen)
        try await client.end(session)
      } catch APIClientError.problem {
        // He who was quick finds his last session still closing.
      } catch {
        return release()
      }
    }
  }

  /// Nothing more will be confirmed: nobody may wait for it.
  private func release() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume() }
  }

  private func note(_ act: Act) {
    let due = state.withLock { state in
      state.acts.append(act)
      let count = state.acts.count
      defer { state.waiters.removeAll { $0.count <= count } }
      return state.waiters.filter { $0.count <= count }
    }
    for waiter in due { waiter.continuation.resume() }
  }
}
