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
  func watch(for principal: Principal) async -> AsyncStream<FloorChange>
  func audit(_ query: AuditQuery, for principal: Principal) async throws(Refusal) -> [AuditRecord]
}

extension SupervisorDesk: CallDesk {}
