import CallControl
import Supervision

/// What the API asks of the calls; `SupervisorDesk` in production. Everything is cut to the asker's scope behind it.
package protocol CallDesk: Sendable {
  func calls(for principal: Principal) async -> [CallSnapshot]
  func call(_ id: CallID, for principal: Principal) async throws(Refusal) -> CallSnapshot
  func supervise(_ call: CallID, _ request: SuperviseRequest) async throws(Refusal) -> SessionSnapshot
  func session(_ id: SessionID, for principal: Principal) async throws(Refusal) -> SessionSnapshot
  func changeMode(
    _ id: SessionID, to mode: SupervisionMode, reason: String?, by principal: Principal, origin: ActOrigin
  ) async throws(Refusal) -> SessionSnapshot
  func end(_ id: SessionID, by principal: Principal, origin: ActOrigin) async throws(Refusal)
  func talk(_ id: SessionID, _ talks: Bool, by principal: Principal) async throws(Refusal) -> SessionSnapshot
  func hear(_ id: SessionID, gains: [ParticipantID: Float], by principal: Principal) async throws(Refusal)
    -> SessionSnapshot
  func cue(_ id: SessionID, _ text: String, by principal: Principal, origin: ActOrigin) async throws(Refusal)
    -> SessionSnapshot
  func note(_ call: CallID, _ text: String, by principal: Principal) async throws(Refusal)
  func invite(_ number: String, to call: CallID, by principal: Principal) async throws(Refusal)
  func levels(for principal: Principal) async -> AsyncStream<LevelReading>
  func watch(for principal: Principal) async -> AsyncStream<FloorChange>
  func audit(_ query: AuditQuery, for principal: Principal) async throws(Refusal) -> [AuditRecord]
}

extension SupervisorDesk: CallDesk {}

/// What an agent's page asks of his own calls; `AgentDesk` in production.
package protocol AgentCalls: Sendable {
  func watch(_ agent: Principal) async -> AsyncStream<AgentView>
  func raiseHand(_ call: CallID, word: String?, by agent: Principal) async throws(Refusal)
  func lowerHand(_ call: CallID, by agent: Principal) async throws(Refusal)
  func answerWhisper(_ session: SessionID, accepts: Bool, by agent: Principal) async throws(Refusal)
}

extension AgentDesk: AgentCalls {}
