/// What a lamp on a phone shows of somebody: the dialogs that he is in (RFC 4235). Dark where there are none.
package struct Lamp: Hashable, Sendable {
  /// Oldest first.
  package var dialogs: [LampDialog] = []

  package init(dialogs: [LampDialog] = []) { self.dialogs = dialogs }
}

/// One dialog, as it may be known to whoever looks at the lamp.
package struct LampDialog: Hashable, Sendable {
  /// RFC 4235 section 3.7.1, as far as a lamp needs it.
  package enum State: String, Hashable, Sendable {
    case trying, early, confirmed
  }

  /// Unique among the dialogs of its lamp; the same as long as the dialog lasts.
  package var id: String
  package var state: State
  /// It was he who called.
  package var isInitiator: Bool
  /// He holds.
  package var isHolding: Bool
  /// The other side: number and name.
  package var other: CallerIdentity
  package var since: Moment

  package init(
    id: String, state: State, isInitiator: Bool, isHolding: Bool, other: CallerIdentity, since: Moment
  ) {
    self.id = id
    self.state = state
    self.isInitiator = isInitiator
    self.isHolding = isHolding
    self.other = other
    self.since = since
  }
}

extension LampDialog {
  /// One call of somebody's, as his phone shows it; nil where it isn't his, not any more, or over.
  package init?(phoneOf address: String, in call: CallSnapshot) {
    guard call.phase != .ending, call.phase != .ended,
      let own = call.participants.first(where: { $0.role == .agent && $0.address == address })
    else { return nil }
    let other =
      call.participants.first { $0.role == .customer }
      ?? call.participants.first { $0.role == .agent && $0.id != own.id }
    self.init(
      id: call.id.value, state: State(call.phase), isInitiator: call.participants.first?.id == own.id,
      isHolding: call.heldBy.contains(own.id),
      other: CallerIdentity(user: other?.address ?? "", name: other?.name ?? ""), since: call.created)
  }

  /// What the policy tells an agent of those who supervise this call of his (A7); nil where that is nothing.
  package init?(noticeFor address: String, in call: CallSnapshot, policy: Policy) {
    guard let notices = AgentCall(call, of: address, policy: policy)?.monitoring, let first = notices.first
    else {
      return nil
    }
    let modes = notices.map(\.mode.rawValue).joined(separator: ", ")
    let names = notices.compactMap(\.supervisorName).joined(separator: ", ")
    self.init(
      id: call.id.value, state: .confirmed, isInitiator: false, isHolding: false,
      other: CallerIdentity(user: "supervisor", name: names.isEmpty ? modes : "\(names): \(modes)"),
      since: first.since)
  }
}

extension LampDialog.State {
  fileprivate init(_ phase: CallPhase) {
    switch phase {
    case .connecting: self = .trying
    case .ringing, .early: self = .early
    case .answered, .ending, .ended: self = .confirmed
    }
  }
}
