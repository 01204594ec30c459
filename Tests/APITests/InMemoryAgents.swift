import API
import Supervision

/// What agents see and say, without calls behind it.
actor InMemoryAgents: AgentCalls {
  private var view = AgentView()
  private var watchers: [AsyncStream<AgentView>.Continuation] = []
  private(set) var hands: [String] = []
  private(set) var consents: [String] = []

  func put(_ view: AgentView) {
    self.view = view
    for watcher in watchers { watcher.yield(view) }
  }

  func watch(_ agent: Principal) -> AsyncStream<AgentView> {
    let (stream, watcher) = AsyncStream.makeStream(of: AgentView.self, bufferingPolicy: .bufferingNewest(1))
    watcher.yield(view)
    watchers.append(watcher)
    return stream
  }

  func raiseHand(_ call: CallID, word: String?, by agent: Principal) throws(Refusal) {
    guard call.value == "c1" else { throw .unknownCall }
    hands.append("\(agent.user) raises for \(word ?? "nothing")")
  }

  func lowerHand(_ call: CallID, by agent: Principal) throws(Refusal) { hands.append("\(agent.user) lowers") }

  func answerWhisper(_ session: SessionID, accepts: Bool, by agent: Principal) throws(Refusal) {
    guard session.value == "s1" else { throw .unknownSession }
    consents.append("\(agent.user) \(accepts ? "accepts" : "rejects")")
  }
}
