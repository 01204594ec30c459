import Supervision

/// What an agent's page asks of his own calls. Another agent's calls do not exist for him.
package actor AgentDesk {
  private let switchboard: Switchboard

  package init(_ switchboard: Switchboard) { self.switchboard = switchboard }

  /// His view now and after each change that shows in it. Keeps only the newest while its reader is slow.
  package func watch(_ agent: Principal) async -> AsyncStream<AgentView> { AsyncStream { $0.finish() } }

  /// Asks for help (M12), with a word of why (80 characters at most).
  package func raiseHand(_ call: CallID, word: String?, by agent: Principal) async throws(Refusal) {
    throw .unknownCall
  }

  package func lowerHand(_ call: CallID, by agent: Principal) async throws(Refusal) { throw .unknownCall }

  /// His word on a whisper that waits for it.
  package func answerWhisper(_ session: SessionID, accepts: Bool, by agent: Principal) async throws(Refusal) {
    throw .unknownSession
  }
}
