import Supervision

/// What an agent's page asks of his own calls. Another agent's calls do not exist for him.
package actor AgentDesk {
  private let switchboard: Switchboard

  package init(_ switchboard: Switchboard) { self.switchboard = switchboard }

  /// His view now and after each change that shows in it. Keeps only the newest while its reader is slow.
  /// While it is read, he has a page open.
  package func watch(_ agent: Principal) async -> AsyncStream<AgentView> {
    let directory = switchboard.directory
    return switchboard.board.watch(asAgent: agent) { directory.policy(tenant: agent.tenant) }
  }

  /// Asks for help (M12), with a word of why (80 characters at most).
  package func raiseHand(_ call: CallID, word: String?, by agent: Principal) async throws(Refusal) {
    try await put(call) { .hand($0, .raised(word), by: agent) }
  }

  package func lowerHand(_ call: CallID, by agent: Principal) async throws(Refusal) {
    try await put(call) { .hand($0, .lowered, by: agent) }
  }

  /// His word on a whisper that waits for it.
  package func answerWhisper(_ session: SessionID, accepts: Bool, by agent: Principal) async throws(Refusal) {
    guard let call = switchboard.board.call(of: session) else { throw .unknownSession }
    do {
      try await put(call.id) { .consent($0, session, accepts: accepts, by: agent) }
    } catch {
      throw error == .unknownCall ? .unknownSession : error
    }
  }

  private func put(_ call: CallID, _ question: @Sendable (RequestID) -> CallInput) async throws(Refusal) {
    if let refusal = await switchboard.put(call, question) { throw refusal }
  }
}
