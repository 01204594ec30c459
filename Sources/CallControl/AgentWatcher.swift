import Locking
import Supervision

/// One reader of an agent's view: his own calls, as far as he may know of them. Keeps the newest view while its reader
/// is slow.
final class AgentWatcher: Sendable {
  let agent: Principal
  let views: AsyncStream<AgentView>
  private let continuation: AsyncStream<AgentView>.Continuation
  private let policy: @Sendable () -> Policy
  private let calls: Lock<[CallID: AgentCall]>

  /// - Parameter policy: what the agent's tenant lets him see at this moment.
  init(_ agent: Principal, among calls: [CallSnapshot], policy: @escaping @Sendable () -> Policy) {
    self.agent = agent
    self.policy = policy
    (views, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    let rules = policy()
    let own = calls.filter { $0.facts.tenant == agent.tenant }.compactMap {
      AgentCall($0, of: agent.user.value, policy: rules)
    }
    self.calls = Lock(Dictionary(own.map { ($0.id, $0) }, uniquingKeysWith: { $1 }))
    continuation.yield(AgentView(ordering: own))
  }

  func take(_ snapshot: CallSnapshot) {
    guard snapshot.facts.tenant == agent.tenant else { return }
    let call = AgentCall(snapshot, of: agent.user.value, policy: policy())
    // The view is given under the lock, so that an older one can't overtake it.
    calls.withLock { calls in
      guard calls[snapshot.id] != call else { return }
      calls[snapshot.id] = call
      continuation.yield(AgentView(ordering: calls.values))
    }
  }

  func whenDone(_ act: @escaping @Sendable () -> Void) { continuation.onTermination = { _ in act() } }

  func stop() { continuation.finish() }
}
