extension AgentCall {
  /// One call as `agent` (by address) may know it; nil where it isn't his, not any more, or over.
  package init?(_ call: CallSnapshot, of agent: String, policy: Policy) {
    guard call.phase != .ending, call.phase != .ended,
      let own = call.participants.first(where: { $0.role == .agent && $0.address == agent })
    else { return nil }
    let other =
      call.participants.first { $0.role == .customer }
      ?? call.participants.first { $0.role == .agent && $0.id != own.id }
    let parties = call.participants.filter { $0.role != .supervisor }.map(\.id)
    self.init(
      id: call.id, leg: own.leg, phase: call.phase, direction: call.facts.direction, queue: call.facts.queue,
      campaign: call.facts.campaign, customerTier: call.facts.customerTier, otherName: other?.name ?? "",
      otherNumber: other?.address ?? call.facts.customerNumber ?? "", holds: call.heldBy.contains(own.id),
      isHeld: call.heldBy.contains { $0 != own.id && parties.contains($0) }, created: call.created,
      answered: call.answered, monitoring: Self.monitoring(call, policy),
      asks: call.sessions.filter { $0.awaitsConsent && $0.target == own.id }.map {
        WhisperAsk(
          session: $0.id, supervisorName: policy.agentSeesWho ? $0.supervisorName : "A supervisor")
      },
      cues: call.cues.filter { $0.to == own.id },
      hand: call.hand.flatMap { $0.agent == own.id ? $0 : nil })
  }

  /// Sessions with sound, in the modes of which the policy lets an agent know.
  private static func monitoring(_ call: CallSnapshot, _ policy: Policy) -> [MonitoringNotice] {
    call.sessions.filter { $0.phase == .live && policy.agentSees.contains($0.mode) }.map {
      MonitoringNotice(
        session: $0.id, mode: $0.mode, since: $0.modeSince ?? $0.started,
        supervisorName: policy.agentSeesWho ? $0.supervisorName : nil)
    }
  }
}

extension AgentView {
  /// Oldest first, in whatever order they are given.
  package init(ordering calls: some Sequence<AgentCall>) {
    self.init(calls: calls.sorted { ($0.created, $0.id.value) < ($1.created, $1.id.value) })
  }
}
